/**
 * What crosses the control socket: types only, shared by server, client and web.
 *
 * HTTP/1.1 with JSON bodies on the abstract Unix socket `@fullnat` of a network namespace (socket-name.ts).
 *
 *   POST /commands     Command[]  -> CommandResult[]     each applied in order; stops at nothing
 *   GET  /services                -> ServicesView        with counters=false it has none
 *   GET  /table?name=nat&family=4 -> TableView
 *   GET  /connections             -> ConnectionsView
 *   GET  /settings                -> SettingsView
 *   GET  /daemons                 -> DaemonsView
 *   GET  /status                  -> StatusView
 *   POST /down?forget=true        -> {}                  the director stops and restores the host; with forget
 *                                                        it also deletes what it saved
 */
import type { ConnectionView, RuleCounters, ServiceCounters } from '../engine/data-plane.js'
import type { FailureCode } from '../failure/failure.js'
import type { RuleTable } from '../model/netfilter.js'
import type { Service } from '../model/service.js'
import type { Timeouts } from '../model/state.js'
import type { Daemons } from '../model/sync.js'

export interface FailureView {
  code: FailureCode
  message: string
  facts: Readonly<Record<string, string | number>>
}

export type CommandResult = { ok: true } | { ok: false; failure: FailureView }

export interface ServicesView {
  services: Service[]
  /** Same order as services. */
  counters: ServiceCounters[]
  timeouts: Timeouts
  tableSize: number
}

export interface TableView {
  table: RuleTable
  rules: RuleCounters[]
  /** By chain id: what reached the policy. */
  policies: RuleCounters[]
}

export interface ConnectionsView {
  connections: ConnectionView[]
}

/** By full name, as text, in the order of the names. */
export type SettingsView = Record<string, string>

/** What the daemons of synchronisation have done since the director started. */
export interface SyncCounters {
  /** Messages. */
  sent: number
  received: number
  /** Messages that could not be read. */
  malformed: number
  /** Connections, each time they were told of. */
  told: number
  taken: number
  /** Entries that could not be had here. */
  refused: number
}

export interface DaemonsView {
  daemons: Daemons
}

export interface StatusView {
  version: string
  pid: number
  uptimeMs: number
  datapath: string
  /** Where state and log live. */
  stateFolder: string
  revision: number
  services: number
  destinations: number
  connections: number
  capacity: number
  /** Source ports taken from connections in TIME_WAIT. */
  earlyPorts: number
  /** Reason name -> packets. */
  drops: Record<string, number>
  packets: { received: number; sent: number; toHost: number }
  /** null: no daemon runs. */
  sync: SyncCounters | null
  warnings: string[]
}

/** One line of JSON that a starting director writes to the descriptor it was given, once it serves or has failed. */
export type ReadyView = { ok: true } | { ok: false; failure: FailureView }
