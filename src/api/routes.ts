/**
 * What crosses the control socket: types only, shared by server, client and web.
 *
 * HTTP/1.1 with JSON bodies on the abstract Unix socket `@fullnat` of a network namespace (socket-name.ts).
 *
 *   POST /commands     Command[]  -> CommandResult[]     each applied in order; stops at nothing
 *   GET  /services                -> ServicesView        as the data path runs them: with what health and maintenance
 *                                                        make of them; with counters=false as desired, without counters
 *   GET  /health                  -> HealthView          (health/view.ts)
 *   GET  /carriers                -> CarriersView        where each service runs, and why
 *   POST /explain  Question      -> ExplanationView     (explanation-view.ts) what is done with a packet, and why
 *   GET  /failures?last=SECONDS  -> FailuresView        what was dropped
 *   GET  /table?name=nat&family=4 -> TableView
 *   GET  /connections?from=N      -> ConnectionsView: those from place N of the table on, as many as make a few MiB
 *   GET  /desired                 -> Desired (model/desired.ts); with revision=N as it was kept
 *   GET  /kept                    -> Kept[] (store/kept.ts), oldest first
 *   GET  /alerts                  -> ReceiverView[]      (alert/receiver.ts)
 *   POST /alerts/test             -> TestResult[]        a message to each receiver, and what became of it
 *   GET  /settings                -> SettingsView
 *   GET  /daemons                 -> DaemonsView
 *   GET  /status                  -> StatusView
 *   POST /down?forget=true        -> {}                  the director stops and restores the host; with forget
 *                                                        it also deletes what it saved
 *
 * Everything else, on this socket and on TCP, is the resource API of v1/, /metrics and the dashboard.
 */
import type { ReceiverView, TestResult } from '../alert/view.js'
import type { ConnectionRow, RuleCounters, ServiceCounters, Totals } from '../engine/data-plane.js'
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

export type { ConnectionRow, ReceiverView, TestResult }

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
  rows: ConnectionRow[]
  /** Where the next ones are; -1 after the last. */
  next: number
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

/** Where each service runs: '' is the kernel, anything else why it is the engine. */
export interface CarriersView {
  datapath: string
  /** `service`: as people read it, 'TCP 192.0.2.45:80 rr'. */
  carriers: { service: string; opening: string; established: string }[]
}

export interface StatusView {
  version: string
  pid: number
  uptimeMs: number
  datapath: string
  /** Where state and log live. */
  stateFolder: string
  /** Where the API and the dashboard are on TCP; '' if only on the control socket. */
  api: string
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
  /** Traffic of balanced services, by what carried it. */
  carried: Record<'engine' | 'kernel', { packets: number; bytes: number }>
  /** null: no daemon runs. */
  sync: SyncCounters | null
  warnings: string[]
}

/** Who asks, and what they may. */
export interface SessionView {
  /** `uid:0`, `token:ops`. */
  name: string
  scope: 'read' | 'write'
}

/** The source ports of one address. */
export interface PoolView {
  address: string
  /** Ports in use, over all real servers. */
  used: number
  /** Real servers that ports of it are used for; each has all ports to itself. */
  spaces: number
  /** Ports in use towards the real server that has most. */
  fullest: number
  /** Ports that the narrowest rule for this address gives to each real server. */
  size: number
  /** size less fullest: what is left where it is tightest. */
  free: number
}

/** Traffic of the whole director, once a second: per second, but for connections and ports, which are what is there. */
export interface Sample extends Totals {
  /** Milliseconds since 1970. */
  at: number
  /** In the table. */
  held: number
  /** Source ports in use. */
  ports: number
}

/** The oldest first. */
export interface HistoryView {
  samples: Sample[]
}

/** Of a service or a server: id, active, inactive; connections, packets in, out, bytes in, out per second. */
export type RateRow = [number, number, number, number, number, number, number, number]

/** Rows that are other than when they were told last. */
export interface RatesView {
  /** All of them are here: somebody new listens. */
  whole: boolean
  sample: Sample
  services: RateRow[]
  servers: RateRow[]
}

/** Something happened; `at` is ISO 8601. */
export type DirectorEvent =
  | { kind: 'change'; at: string; revision: number; by: string; what: string[] }
  | { kind: 'warning'; at: string; raised: boolean; text: string }
  | { kind: 'server'; at: string; service: string; server: string; up: boolean; reason: string }
  | { kind: 'service'; at: string; service: string; up: boolean; onFallback: boolean }
  | { kind: 'datapath'; at: string; level: 'warn' | 'error'; code: string; text: string }

/** One line of JSON that a starting director writes to the descriptor it was given, once it serves or has failed. */
export type ReadyView = { ok: true } | { ok: false; failure: FailureView }
