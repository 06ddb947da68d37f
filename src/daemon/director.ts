/**
 * The director: the store, the data path and the host, kept in step.
 *
 * Promises that an answered change is saved and carried: the data path learns the new table, then the host hands over
 * what is new and takes back what no longer is a service and has no connection left. It never touches a packet.
 */

import { Alerts } from '../alert/alerts.js'
import type { Change, Director } from '../api/director.js'
import type { EventRing } from '../api/event-ring.js'
import type { ExplanationView, FailuresView, Question } from '../api/explanation-view.js'
import { JsonText } from '../api/json-text.js'
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
} from '../api/routes.js'
import { viewOf } from '../api/server.js'
import type { Command } from '../commands/command.js'
import { describeAll } from '../commands/describe.js'
import { desiredOf } from '../commands/desired-of.js'
import { compile } from '../compile/compile.js'
import { addressesWithWay } from '../compile/way-need.js'
import type { ConnectionPage, DataPlane, Lingering } from '../engine/data-plane.js'
import type { ForwardingTable } from '../engine/table.js'
import { Failure } from '../failure/failure.js'
import { effective } from '../health/effective.js'
import type { HealthView } from '../health/view.js'
import { Watch } from '../health/watch.js'
import type { Selector } from '../io/tun/spec.js'
import type { Log } from '../log/log.js'
import type { Desired } from '../model/desired.js'
import type { TableName } from '../model/netfilter.js'
import { type State, tableOf } from '../model/state.js'
import { Verdict } from '../nat/chain.js'
import { type Kept, keptIn, readKept } from '../store/kept.js'
import type { Store } from '../store/store.js'
import { prepared } from '../sync/prepare.js'
import { Synchronisation } from '../sync/synchronisation.js'
import { coalesce } from './coalesce.js'
import { count } from './counting.js'
import { askedOf, explanationView } from './explain.js'
import type { Host } from './host.js'
import { markWarnings } from './mark-warnings.js'
import { Observer } from './observer.js'
import { poolViews } from './pools.js'
import { familiesWithMarks, isWithin, type Steered, specOf, steeredBy } from './steered.js'
import { carriersView, desiredView, servicesView, settingsView, statusView, tableView } from './views.js'
import { hiddenListeners, missingAddresses } from './warnings.js'

export interface Parts {
  store: Store
  plane: DataPlane
  host: Host
  log: Log
  version: string
  /** The API's address on TCP, '' if it has none. */
  url: string
}

/** Sockets of the host come and go without notice, and what failed may succeed by now. */
const LOOK_MS = 2000
/** Of connections in one answer: some ten thousand. */
const LISTING_CHARS = 4 << 20
/** Routes change in bursts. */
const ROUTES_QUIET_MS = 200

export class RunningDirector implements Director {
  readonly #parts: Parts
  readonly #startedAt = performance.now()
  readonly #settled: () => Promise<void>
  readonly #sync: Synchronisation
  readonly #observer: Observer
  readonly #watch: Watch
  readonly alerts: Alerts
  /** What the data path runs; null: not known, or made with other routes. */
  #installed: State | null = null
  /** They have found something else since. */
  #healthNews = false
  #table: ForwardingTable | null = null
  /** null: not known, as what an earlier director left. */
  #steered: Steered | null = null
  /** Both are to be made anew, for other routes. */
  #stale = false
  /** Something removed still has connections: look again. */
  #lingers = false
  #translates = false
  /** What was steered for mark services last. */
  #marked: readonly Selector[] = []
  /** What marks cannot do as the table stands. */
  #markTrouble: readonly string[] = []
  /** Why ports of the host's sockets are not kept out; '' if they are. */
  #portsTrouble = ''
  /** Why the data path does not carry what is desired; '' if it does. */
  #trouble = ''
  #notice = ''
  #timer: NodeJS.Timeout | null = null
  #routesTimer: NodeJS.Timeout | null = null
  #unwatch: () => void = () => {}
  #down: Promise<void> | null = null
  #ending = false

  constructor(parts: Parts) {
    this.#parts = parts
    this.#settled = coalesce(() => this.#settle())
    this.#sync = new Synchronisation(parts.plane, parts.host)
    this.#observer = new Observer(parts.plane, parts.log)
    this.#watch = new Watch({
      ...parts,
      echo: parts.host.echo,
      changed: () => this.#healthChanged(),
      told: (event) => {
        this.#observer.health(event)
        this.alerts.health(event)
      },
    })
    this.alerts = new Alerts(parts.store.state.alerts, parts.log)
  }

  get state(): State {
    return this.#parts.store.state
  }

  get events(): EventRing {
    return this.#observer.events
  }

  /** Resolves when the saved state is carried; from then on it follows the host. */
  async start(): Promise<void> {
    const { host } = this.#parts
    this.#observer.start()
    await this.#settled()
    this.#sync.follow(this.#parts.store.state.daemons)
    this.#watch.follow(this.state)
    this.#unwatch = host.watch(() => this.#routesChanged())
    this.#timer = setInterval(() => void this.#look(), LOOK_MS)
  }

  async commands(list: Command[], { by, ifRevision }: Change): Promise<CommandResult[]> {
    if (this.#ending) throw new Failure('not-running', 'the director is going down')
    const { store, plane } = this.#parts
    const before = store.state
    needRevision(before, ifRevision)
    const results = this.#commit(list)
    const made = list.filter((_, i) => results[i] === null)
    if (store.state !== before) this.#observer.changed(store.state.revision, by, describeAll(made))
    if (store.state !== before) this.#watch.follow(store.state)
    this.alerts.follow(store.state.alerts)
    if (store.state !== before) await this.#carry(store.state.revision)
    if (store.state.daemons !== before.daemons) this.#sync.follow(store.state.daemons)
    for (let i = 0; i < list.length; i++) if (results[i] === null) await count(plane, store.state, list[i])
    return results.map((failure) => (failure === null ? { ok: true } : { ok: false, failure: viewOf(failure) }))
  }

  /** One result for each command; null: saved. */
  #commit(list: Command[]): (Failure | null)[] {
    const { store, host } = this.#parts
    const wanted = prepared(list, (name) => host.mtuOf(name))
    const results = store.commit(wanted.filter((command): command is Command => !(command instanceof Failure)))
    let next = 0
    return wanted.map((command) => (command instanceof Failure ? command : results[next++]))
  }

  async daemons(): Promise<DaemonsView> {
    return { daemons: this.#parts.store.state.daemons }
  }

  async services(counters: boolean): Promise<ServicesView> {
    const { store, plane } = this.#parts
    return counters ? servicesView(store.state, await plane.services()) : desiredView(store.state)
  }

  async listing(): Promise<ServicesView> {
    const shown = effective(this.state, this.#watch.verdicts())
    return servicesView(shown, await this.#parts.plane.services())
  }

  health = (): HealthView => this.#watch.view()

  async table(name: TableName, family: 4 | 6): Promise<TableView> {
    return tableView(tableOf(this.#parts.store.state, name, family), await this.#parts.plane.rules())
  }

  /** Page by page, so that packets have their turn in between. */
  async connections(from: number): Promise<JsonText<ConnectionsView>> {
    const parts: string[] = []
    let next = from
    for (let length = 0; next >= 0 && length < LISTING_CHARS; ) {
      const page = await this.#parts.plane.connectionText(next)
      if (page.text !== '') parts.push(page.text)
      length += page.text.length
      next = page.next
    }
    return new JsonText(`{"rows":[${parts.join()}],"next":${next}}`)
  }

  connectionPage = (from: number): Promise<ConnectionPage> => this.#parts.plane.connectionPage(from)
  desired = (): Desired => desiredOf(this.state)
  kept = (): Kept[] => keptIn(this.#parts.store.folder)
  keptAt = (revision: number): Desired => readKept(this.#parts.store.folder, revision)
  history = (): HistoryView => this.#observer.history()

  async carriers(): Promise<CarriersView> {
    const { plane } = this.#parts
    return carriersView(this.state, plane.kind, await plane.carriers())
  }

  async explain(question: Question): Promise<ExplanationView> {
    const { plane } = this.#parts
    const [found, carriers] = await Promise.all([plane.explain(askedOf(question)), plane.carriers()])
    return explanationView(question, found, { state: this.state, health: this.health(), carriers })
  }

  failures = async (lastMs: number): Promise<FailuresView> => ({ drops: await this.#parts.plane.failures(lastMs) })

  async pools(): Promise<PoolView[]> {
    return poolViews(this.state, await this.#parts.plane.pools())
  }

  async settings(): Promise<SettingsView> {
    return settingsView(this.#parts.store.state)
  }

  async status(): Promise<StatusView> {
    const { plane, store, version, url } = this.#parts
    const { master, backup } = store.state.daemons
    const own = {
      version,
      stateFolder: store.folder,
      api: url,
      uptimeMs: Math.round(performance.now() - this.#startedAt),
    }
    const sync = master || backup ? { ...this.#sync.counters } : null
    return { ...statusView(store.state, plane.kind, await plane.status()), ...own, sync, warnings: this.#warnings() }
  }

  /** Of whoever changes things by itself; '': nothing (any more). */
  setNotice(text: string): void {
    this.#notice = text
    this.#observer.warnings(this.#warnings())
  }

  down(forget: boolean): Promise<void> {
    this.#down ??= this.#end(forget)
    return this.#down
  }

  async #end(forget: boolean): Promise<void> {
    const { plane, host, store, log } = this.#parts
    this.#ending = true
    if (this.#timer) clearInterval(this.#timer)
    if (this.#routesTimer) clearTimeout(this.#routesTimer)
    this.#unwatch()
    this.#watch.close()
    this.alerts.close()
    this.#observer.stop()
    this.#sync.close()
    await this.#settled().catch(() => {}) // what is under way
    try {
      await plane.close()
    } finally {
      await host.restore()
      if (forget) store.forget()
    }
    log.info(forget ? 'down, nothing is kept' : 'down')
  }

  #healthChanged(): void {
    this.#healthNews = true
    this.#settled().catch(() => {}) // said by #trouble
  }

  async #carry(revision: number): Promise<void> {
    try {
      await this.#settled()
    } catch (error) {
      throw new Failure('internal', `saved as revision ${revision}, but not carried: ${(error as Error).message}`)
    }
  }

  async #settle(): Promise<void> {
    if (this.#ending) return
    if (this.#stale) this.#installed = this.#steered = null
    this.#stale = false
    try {
      await this.#install()
      await this.#steer()
      this.#trouble = ''
    } catch (error) {
      this.#trouble = `the data path does not carry what is configured: ${(error as Error).message}`
      throw error
    } finally {
      this.#observer.warnings(this.#warnings())
    }
  }

  /** The data path learns what changed. */
  async #install(): Promise<void> {
    const { plane, host } = this.#parts
    const desired = this.state
    if (desired === this.#installed && !this.#healthNews) return
    this.#healthNews = false
    const state = effective(desired, this.#watch.verdicts())
    host.learnRoutes(addressesWithWay(state))
    const table = compile(state, host.routes, () => host.addressKinds())
    this.#table = table
    this.#markTrouble = markWarnings(table)
    this.#translates = translates(table)
    await this.#guardPorts()
    await plane.install(table)
    this.#installed = desired
  }

  /** The host hands over what is balanced, and what was and still has connections. */
  async #steer(): Promise<void> {
    const { plane, host } = this.#parts
    const lingering = await plane.lingering()
    const kept = await this.#keptMarks(lingering)
    const wanted = steeredBy(this.#table!, lingering, kept)
    this.#lingers = lingering.length > 0 || kept.length > 0
    this.#marked = [...wanted.marked.values()]
    if (this.#steered && isWithin(wanted, this.#steered) && isWithin(this.#steered, wanted)) return
    this.#steered = null
    await host.steer(specOf(wanted))
    this.#steered = wanted
  }

  /** A rule that made marks is gone, or another now, and connections that it brought go on. */
  async #keptMarks(lingering: readonly Lingering[]): Promise<Selector[]> {
    if (this.#marked.length === 0) return []
    const { marked } = steeredBy(this.#table!, lingering)
    const lost = this.#marked.filter((one) => !marked.has(JSON.stringify(one)))
    if (lost.length === 0) return []
    const busy = familiesWithMarks(this.#table!, await this.#parts.plane.services(), lingering)
    return lost.filter(({ family }) => busy.has(family))
  }

  async #guardPorts(): Promise<void> {
    if (!this.#translates) return
    const { tcp, udp } = this.#parts.host.localPorts()
    await this.#parts.plane.excludePorts(tcp, udp)
  }

  /** Whoever changed routes may have changed rules: they are looked at as well. */
  #routesChanged(): void {
    this.#routesTimer ??= setTimeout(() => {
      this.#routesTimer = null
      this.#stale = true
      this.#settled().catch(() => {}) // said by #trouble
    }, ROUTES_QUIET_MS)
  }

  async #look(): Promise<void> {
    if (this.#trouble !== '' || this.#lingers) await this.#settled().catch(() => {}) // said by #trouble
    try {
      await this.#guardPorts()
      this.#portsTrouble = ''
    } catch (error) {
      this.#portsTrouble = `ports of local sockets are not kept out of the source pools: ${(error as Error).message}`
    }
    if (!this.#ending) this.#sync.follow(this.#parts.store.state.daemons)
    if (this.alerts.watchesPools) this.alerts.pools(await this.pools().catch(() => []))
    this.#observer.warnings(this.#warnings())
  }

  #warnings(): string[] {
    const { host, store } = this.#parts
    return [
      ...[this.#trouble, this.#portsTrouble, this.#notice].filter((text) => text !== ''),
      ...store.notices,
      ...host.warnings(),
      ...this.#markTrouble,
      ...this.#sync.troubles,
      ...this.alerts.troubles(),
      ...missingAddresses(store.state, host.addresses()),
      ...hiddenListeners(store.state, host.listeners()),
    ]
  }
}

function needRevision({ revision }: State, wanted: number | null): void {
  if (wanted === null || wanted === revision) return
  const facts = { revision, wanted }
  throw new Failure('revision-conflict', `the change is based on revision ${wanted}, and this is ${revision}`, facts)
}

/** Whether any rule gives connections a source port of this host. */
const translates = ({ nat }: ForwardingTable): boolean =>
  [...nat.v4, ...nat.v6].some(({ rules }) =>
    rules.some(({ verdict }) => verdict === Verdict.snat || verdict === Verdict.masquerade),
  )
