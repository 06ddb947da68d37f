/** The whole desired state: what is saved, restored, planned and compiled. */
import { type Alerts, alertDefaults } from './alert.js'
import { checkDefaults } from './check.js'
import type { RuleTable, TableName } from './netfilter.js'
import { BUILTIN_CHAINS } from './netfilter.js'
import type { Service } from './service.js'
import { defaultSettings, type Settings } from './settings.js'
import { type Daemons, NO_DAEMONS } from './sync.js'

/** ipvsadm --set, seconds (net/netfilter/ipvs/ip_vs_proto_tcp.c, ip_vs_proto_udp.c). */
export interface Timeouts {
  tcp: number
  tcpFin: number
  udp: number
}

export interface RuleTables {
  v4: RuleTable
  v6: RuleTable
}

/** Of the state that is saved (store/layout.ts reads older ones). */
export const LAYOUT = 6

export interface State {
  layout: typeof LAYOUT
  /** Rises by one at every change. */
  revision: number
  /** The next id for anything that has one. */
  nextId: number
  services: Service[]
  nat: RuleTables
  mangle: RuleTables
  timeouts: Timeouts
  settings: Settings
  daemons: Daemons
  alerts: Alerts
}

/** The one table of defaults. */
export const defaults = {
  timeouts: { tcp: 900, tcpFin: 120, udp: 300 },
  settings: defaultSettings,
  scheduler: 'wlc',
  persistence: 360,
  weight: 1,
  check: checkDefaults,
  alerts: alertDefaults,
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
  nat: emptyTables('nat'),
  mangle: emptyTables('mangle'),
  timeouts: { ...defaults.timeouts },
  settings: { ...defaults.settings },
  daemons: NO_DAEMONS,
  alerts: { ...defaults.alerts },
})

const emptyTables = (name: TableName): RuleTables => ({ v4: emptyTable(name, 4), v6: emptyTable(name, 6) })

/** Ids of built-in chains: 1-4 and 5-8 in nat, 9-13 and 14-18 in mangle. */
const FIRST_IDS = { nat: { 4: 1, 6: 5 }, mangle: { 4: 9, 6: 14 } } as const

export const emptyTable = (name: TableName, family: 4 | 6): RuleTable => ({
  name,
  family,
  chains: BUILTIN_CHAINS[name].map((chain, i) => ({
    id: FIRST_IDS[name][family] + i,
    name: chain,
    policy: 'ACCEPT',
    rules: [],
  })),
})

/** All four. */
export const tables = ({ nat, mangle }: State): RuleTable[] => [nat.v4, nat.v6, mangle.v4, mangle.v6]

export const tableOf = (state: State, name: TableName, family: 4 | 6): RuleTable =>
  family === 4 ? state[name].v4 : state[name].v6
