/**
 * The desired state, in the words of ipvsadm: virtual services and their destinations.
 *
 * Plain data, JSON-safe, nothing optional. Addresses are canonical text (address/words.ts), times are seconds as
 * administrators type them. Ids are given once by the store, never reused, and tie counters and connections to
 * what they belong to. The model never knows how a packet looks.
 */
import type { Admin, Check, Health } from './check.js'

export type ServiceProtocol = 'tcp' | 'udp' | 'sctp'
export type Method = 'masq' | 'gate' | 'tunnel'
export type TunnelType = 'ipip' | 'gue' | 'gre'
export type TunnelChecksum = 'nocsum' | 'csum' | 'remcsum'

export interface Tunnel {
  type: TunnelType
  /** GUE's UDP port, else 0. */
  port: number
  checksum: TunnelChecksum
}

export interface Destination {
  id: number
  address: string
  port: number
  method: Method
  weight: number
  /** Connections at which it takes no new one; 0: no limit. */
  upperThreshold: number
  lowerThreshold: number
  tunnel: Tunnel
  admin: Admin
  /** Clients whom persistence ties to it still come while it drains. */
  honourPersistence: boolean
  /** null: the service's own. */
  checks: Check[] | null
}

/** What a service is known by. A firewall mark service has fwmark > 0, protocol 'tcp', an empty address and port 0. */
export interface ServiceKey {
  family: 4 | 6
  protocol: ServiceProtocol
  address: string
  port: number
  fwmark: number
}

export interface ServiceOptions {
  scheduler: string
  /** Scheduler flags as bits: 1, 2, 4 (sh-fallback/mh-fallback/flag-1, sh-port/mh-port/flag-2, flag-3). */
  schedulerFlags: number
  /** Seconds; 0: not persistent. */
  persistence: number
  /** Prefix length that groups clients for persistence: 32 or 128 for single clients. */
  persistenceMask: number
  /** Persistence engine, '' for none. */
  persistenceEngine: string
  onePacket: boolean
}

export interface Service extends ServiceKey, ServiceOptions {
  id: number
  /** null: its servers are not checked. */
  health: Health | null
  /** In the order they were added; the kernel's list is the reverse. */
  destinations: Destination[]
}

export const serviceKeyText = (key: ServiceKey): string =>
  key.fwmark > 0 ? `fwm ${key.fwmark}/${key.family}` : `${key.protocol} ${key.address} ${key.port}`

export const destinationKeyText = (d: { address: string; port: number }): string => `${d.address} ${d.port}`
