/** One watched server of one service: its checks, what they make of it, and the evidence of each change. */
import { type Check, checkDefaults } from '../model/check.js'
import type { Destination, Service } from '../model/service.js'
import type { OpenEcho } from './echo.js'
import type { Verdict } from './effective.js'
import { printable } from './evidence.js'
import { type Outcome, Run } from './run.js'
import type { ChangeView, CheckView, OutcomeView, ServerView } from './view.js'

/** Changes of state that are remembered of each server. */
const CHANGES_MAX = 8
/** Steps in which a server that starts slowly reaches its weight. */
const SLOW_STEPS = 20
const SLOW_STEP_LEAST_MS = 500

/** The checks that are made of this server. */
export const checksOf = ({ health }: Service, { checks }: Destination): readonly Check[] =>
  checks ?? health?.checks ?? []

export interface Changed {
  /** It went up or down; null: only its share of the weight is another. */
  change: ChangeView | null
}

export class Server {
  service: Service
  destination: Destination
  up = true
  #since = 0
  /** When its slow start began, by performance.now(); null: it is not starting. */
  #slowSince: number | null = null
  #slowTimer: NodeJS.Timeout | null = null
  #runs = new Map<string, Run>()
  readonly #changes: ChangeView[] = []
  readonly #openEcho: OpenEcho
  readonly #told: (server: Server, changed: Changed) => void

  constructor(
    service: Service,
    destination: Destination,
    openEcho: OpenEcho,
    told: (server: Server, changed: Changed) => void,
  ) {
    this.#openEcho = openEcho
    this.#told = told
    this.service = service
    this.destination = destination
    this.follow(service, destination)
  }

  /** As the administrator has it now: checks that stay the same go on. */
  follow(service: Service, destination: Destination): void {
    const returned = this.destination.admin !== 'online' && destination.admin === 'online'
    this.service = service
    this.destination = destination
    const runs = new Map<string, Run>()
    for (const check of checksOf(service, destination)) {
      const text = JSON.stringify(check)
      runs.set(text, this.#runs.get(text) ?? this.#run(check))
    }
    for (const [text, run] of this.#runs) if (!runs.has(text)) run.end()
    this.#runs = runs
    this.#settle(null, null)
    if (returned && this.up) this.#startSlowly()
  }

  end(): void {
    for (const run of this.#runs.values()) run.end()
    this.#stopSlowStart()
  }

  verdict(): Verdict {
    const wanted = Math.min(1, ...[...this.#runs.values()].map(({ last }) => last?.share ?? 1))
    return { up: this.up, share: wanted * this.#slowShare() }
  }

  view(effectiveWeight: number): ServerView {
    const { id, address, port, admin, weight } = this.destination
    const checks = [...this.#runs.values()].map((run) => checkView(run, port))
    const [up, since, changes] = [this.up, this.#since, [...this.#changes]]
    return { id, address, port, admin, up, since, weight, effectiveWeight, checks, changes }
  }

  #run(check: Check): Run {
    const { id: destinationId, address, port } = this.destination
    const { address: virtualAddress, port: virtualPort } = this.service
    const target = { destinationId, address, port: check.port || port, virtualAddress, virtualPort }
    let share = 1
    return new Run(check, target, this.#openEcho, (run, changed) => {
      const isOther = run.last!.share !== share
      share = run.last!.share
      if (changed) this.#settle(run, run.last)
      else if (isOther) this.#told(this, { change: null })
    })
  }

  /** Up while every check says so; `run` is the one that changed its mind. */
  #settle(run: Run | null, outcome: Outcome | null): void {
    const up = [...this.#runs.values()].every(({ standing }) => standing.up)
    if (up === this.up) return
    this.up = up
    this.#since = Date.now()
    const change = run && outcome ? { ...outcomeView(outcome), up, check: run.check.kind } : null
    if (change) this.#changes.push(change)
    if (this.#changes.length > CHANGES_MAX) this.#changes.shift()
    if (up) this.#startSlowly()
    else this.#stopSlowStart()
    this.#told(this, { change })
  }

  #startSlowly(): void {
    const { slowStartMs } = this.service.health ?? checkDefaults.health
    if (slowStartMs === 0) return
    this.#stopSlowStart()
    this.#slowSince = performance.now()
    const step = Math.max(SLOW_STEP_LEAST_MS, slowStartMs / SLOW_STEPS)
    this.#slowTimer = setInterval(() => {
      if (this.#slowShare() === 1) this.#stopSlowStart()
      this.#told(this, { change: null })
    }, step)
  }

  #stopSlowStart(): void {
    if (this.#slowTimer) clearInterval(this.#slowTimer)
    this.#slowTimer = this.#slowSince = null
  }

  /** It begins with the share of one step. */
  #slowShare(): number {
    if (this.#slowSince === null) return 1
    const { slowStartMs } = this.service.health ?? checkDefaults.health
    return Math.min(1, (performance.now() - this.#slowSince) / slowStartMs + 1 / SLOW_STEPS)
  }
}

const outcomeView = ({ good, reason, at, tookMs, sent, received }: Outcome): OutcomeView => ({
  ...{ good, reason, at, tookMs },
  sent: printable(sent),
  received: printable(received),
})

const checkView = ({ check, standing, last }: Run, port: number): CheckView => ({
  kind: check.kind,
  port: check.port || port,
  up: standing.up,
  streak: standing.streak,
  last: last && outcomeView(last),
})
