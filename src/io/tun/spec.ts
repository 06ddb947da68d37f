/** What the host is asked to steer into the device: plain data, the words of the control plane. */
import type { Words } from '../../address/words.js'
import type { Rule } from '../../sys/rule.js'

export interface Endpoint {
  /** IP protocol number. */
  protocol: number
  address: Words
  /** The first and the last of its ports; 0: every port, and then both are. */
  port: number
  lastPort: number
}

/** Conditions of a routing rule; '', 0 and null where it has none. */
export type Selector = Pick<
  Rule,
  'family' | 'inInterface' | 'protocol' | 'from' | 'to' | 'sourcePorts' | 'destinationPorts'
>

export interface SteeringSpec {
  /** Virtual services: packets to them. */
  requests: Endpoint[]
  /** Packets that may be a firewall mark service's; none covers another. */
  marked: Selector[]
  /** Real servers: packets from them. */
  replies: Endpoint[]
  /** Clients whose own address reaches a real server: errors from any router on the way concern the engine, per family. */
  transparent: { v4: boolean; v6: boolean }
  /** What comes out of the host's own tunnels is the host's. */
  ignoreTunneled: boolean
}

/** Ports of local sockets: bit `port & 31` of word `port >>> 5`, 2048 words a protocol. */
export interface LocalPorts {
  tcp: Uint32Array
  udp: Uint32Array
}

/** An inclusive range of ports. */
export interface PortWindow {
  from: number
  to: number
}

/** The host side of the TUN data path (steering.ts). Every method may be called again and settles what is missing. */
export interface HostSteering {
  /** Makes the device and its own routing tables; nothing is steered yet. Fails with no-tun, permission. */
  install(): Promise<void>
  /** Steers exactly this; adds and removes only what differs from what the kernel has. */
  steer(desired: SteeringSpec): Promise<void>
  /** Gives the host back as it was found, also what an earlier, killed process left. */
  remove(): Promise<void>
}
