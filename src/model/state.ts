/** The whole desired state: what is saved, restored, planned and compiled. */
import type { NatTable } from './nat.js'
import { BUILTIN_CHAINS } from './nat.js'
import type { Service } from './service.js'
import { defaultSettings, type Settings } from './settings.js'

/** ipvsadm --set, seconds (net/netfilter/ipvs/ip_vs_proto_tcp.c, ip_vs_proto_udp.c). */
export interface Timeouts {
  tcp: number
  tcpFin: number
  udp: number
}

/** Of the state that is saved (store/layout.ts reads older ones). */
export const LAYOUT = 2

export interface State {
  layout: typeof LAYOUT
  /** Rises by one at every change. */
  revision: number
  /** The next id for anything that has one. */
  nextId: number
  services: Service[]
  nat: { v4: NatTable; v6: NatTable }
  timeouts: Timeouts
  settings: Settings
}

/** The one table of defaults. */
export const defaults = {
  timeouts: { tcp: 900, tcpFin: 120, udp: 300 },
  settings: defaultSettings,
  scheduler: 'wlc',
  persistence: 360,
  weight: 1,
  /** Connections the table can hold. */
  connections: 1 << 20,
  /** What `ipvsadm -l` prints as size: IPVS's own default number of hash buckets. */
  reportedTableSize: 4096,
} as const

export const emptyState = (): State => ({
  layout: LAYOUT,
  revision: 0,
  nextId: 100,
  services: [],
  nat: { v4: emptyNat(4), v6: emptyNat(6) },
  timeouts: { ...defaults.timeouts },
  settings: { ...defaults.settings },
})

/** Ids 1-4 and 5-8 belong to the built-in chains of the two families. */
export const emptyNat = (family: 4 | 6): NatTable => ({
  family,
  chains: BUILTIN_CHAINS.map((name, i) => ({ id: (family === 4 ? 1 : 5) + i, name, policy: 'ACCEPT', rules: [] })),
})
