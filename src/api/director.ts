/** What stands behind the API: the director, as a request may use it. */
import type { ReceiverView, TestResult } from '../alert/view.js'
import type { Command } from '../commands/command.js'
import type { ConnectionPage } from '../engine/data-plane.js'
import type { HealthView } from '../health/view.js'
import type { Desired } from '../model/desired.js'
import type { TableName } from '../model/netfilter.js'
import type { State } from '../model/state.js'
import type { Kept } from '../store/kept.js'
import type { EventRing } from './event-ring.js'
import type { ExplanationView, FailuresView, Question } from './explanation-view.js'
import type { JsonText } from './json-text.js'
import type {
  CarriersView,
  CommandResult,
  ConnectionsView,
  DaemonsView,
  HistoryView,
  PoolView,
  ServicesView,
  SettingsView,
  StatusView,
  TableView,
} from './routes.js'

/** Who makes a change, and on what it is based. */
export interface Change {
  /** `uid:0`, `token:ops`. */
  by: string
  /** The revision that must still stand, or Failure('revision-conflict'); null: whatever stands. */
  ifRevision: number | null
}

export interface Director {
  /** What is desired now. */
  readonly state: State
  readonly events: EventRing
  commands(list: Command[], change: Change): Promise<CommandResult[]>
  /** As desired. */
  services(counters: boolean): Promise<ServicesView>
  /** With counters, and as health and maintenance make them: what the data path runs. */
  listing(): Promise<ServicesView>
  health(): HealthView
  table(name: TableName, family: 4 | 6): Promise<TableView>
  connections(from: number): Promise<JsonText<ConnectionsView>>
  connectionPage(from: number): Promise<ConnectionPage>
  /** What is done with such a packet, and why; nothing changes by it. Failure('bad-request'). */
  explain(question: Question): Promise<ExplanationView>
  /** What was dropped in the last `lastMs`. */
  failures(lastMs: number): Promise<FailuresView>
  pools(): Promise<PoolView[]>
  carriers(): Promise<CarriersView>
  /** Who is told of changes of state. */
  readonly alerts: { view(): ReceiverView[]; test(): Promise<TestResult[]> }
  desired(): Desired
  /** What was desired before each configuration was applied, oldest first. */
  kept(): Kept[]
  keptAt(revision: number): Desired
  history(): HistoryView
  settings(): Promise<SettingsView>
  daemons(): Promise<DaemonsView>
  status(): Promise<StatusView>
  /** Gives the host back; `forget` also deletes the saved state. */
  down(forget: boolean): Promise<void>
}
