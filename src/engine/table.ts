/**
 * The forwarding table: the compiled, immutable form of all services and rules that a data path runs.
 *
 * Plain arrays of numbers and names, safe to post to a worker. Everything that could fail has failed before:
 * a data path installs it without checks.
 */
import type { HostAddresses } from '../nat/address-kind.js'
import type { ChainSpec } from '../nat/chain.js'
import type { ServiceSpec } from '../service/service.js'

export interface TimeoutsMs {
  tcp: number
  tcpFin: number
  udp: number
}

/** When a defence is at work: never, in an emergency, always. */
export const Defence = { off: 0, automatic: 1, always: 3 } as const

/** The kernel's settings of net.ipv4.vs as the engine asks for them. */
export interface EngineSettings {
  /** Of Defence, as the two after it. */
  dropEntry: number
  dropPacket: number
  secureTcp: number
  /** Drop mode `always` drops each so-many-th packet. */
  dropRate: number
  /** Available memory under which there is an emergency. */
  scarceBytes: number
  /** Bits: 1 reuse at TIME_WAIT, 2 also at FIN_WAIT of connections without answers here; 0 never. */
  reuseMode: number
  expireNoDestination: boolean
  expireQuiescentTemplate: boolean
  translates: boolean
  natIcmpSend: boolean
  pathMtuDiscovery: boolean
  estimates: boolean
  schedulesIcmp: boolean
  /** Asked for by whoever steers packets here. */
  ignoresTunneled: boolean
  sloppyTcp: boolean
  sloppySctp: boolean
  lblcExpirationMs: number
  lblcrExpirationMs: number
  /** Clients' packets are left to the host: another director carries them (backup_only). */
  standsBack: boolean
  /** Other directors are told of a connection at its so-many-th packet, */
  syncThreshold: number
  /** and again each so many packets; 0: once. */
  syncPeriod: number
  /** Not before its end has moved by this; 0: by packets alone. */
  syncRefreshMs: number
  /** Of persistent services they are told the templates alone. */
  syncsTemplatesOnly: boolean
}

/** Until a table is installed. */
export const NO_SETTINGS: EngineSettings = {
  dropEntry: Defence.off,
  dropPacket: Defence.off,
  secureTcp: Defence.off,
  dropRate: 0,
  scarceBytes: 0,
  reuseMode: 1,
  expireNoDestination: false,
  expireQuiescentTemplate: false,
  translates: true,
  natIcmpSend: false,
  pathMtuDiscovery: true,
  estimates: true,
  schedulesIcmp: false,
  ignoresTunneled: false,
  sloppyTcp: false,
  sloppySctp: false,
  lblcExpirationMs: 0,
  lblcrExpirationMs: 0,
  standsBack: false,
  syncThreshold: 3,
  syncPeriod: 50,
  syncRefreshMs: 0,
  syncsTemplatesOnly: false,
}

export interface ForwardingTable {
  revision: number
  services: ServiceSpec[]
  /** POSTROUTING and what it reaches, per family. */
  nat: { v4: ChainSpec[]; v6: ChainSpec[] }
  /** PREROUTING and what it reaches, per family. */
  mangle: { v4: ChainSpec[]; v6: ChainSpec[] }
  /** What -m addrtype asks about. */
  addresses: HostAddresses
  timeouts: TimeoutsMs
  settings: EngineSettings
}
