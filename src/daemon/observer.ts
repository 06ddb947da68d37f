/**
 * What is seen of a running director from outside: the events, the log's lines for them, and traffic second by second.
 *
 * It looks at totals once a second, which costs two messages, and at each service only while somebody listens.
 */
import { EventRing } from '../api/event-ring.js'
import type { HistoryView, RateRow, Sample } from '../api/routes.js'
import type {
  DataPlane,
  DataPlaneEvent,
  DataPlaneStatus,
  ServiceCounters,
  Totals,
  Traffic,
} from '../engine/data-plane.js'
import type { HealthEvent } from '../health/view.js'
import type { Log } from '../log/log.js'
import { endpointName, serviceName } from '../model/name.js'

const SECOND_MS = 1000
/** Ten minutes. */
const SAMPLES_MAX = 600

export class Observer {
  readonly events = new EventRing(Date.now())
  readonly #plane: DataPlane
  readonly #log: Log
  readonly #samples: Sample[] = []
  #timer: NodeJS.Timeout | null = null
  /** Totals of the sample before, and when; null: there is none. */
  #before: { totals: Totals; atMs: number } | null = null
  /** Warnings that stand. */
  #warned: readonly string[] = []
  /** Rows as they were told last, by id. */
  #told = new Map<number, string>()
  #heard = new Set<unknown>()

  constructor(plane: DataPlane, log: Log) {
    this.#plane = plane
    this.#log = log
  }

  start(): void {
    this.#plane.onEvent((event) => this.#dataPlane(event))
    this.#timer = setInterval(() => this.#look().catch(() => {}), SECOND_MS) // a packet thread that is started again
  }

  stop(): void {
    if (this.#timer) clearInterval(this.#timer)
  }

  history = (): HistoryView => ({ samples: [...this.#samples] })

  /** The audit's line, and the event. */
  changed(revision: number, by: string, what: string[]): void {
    this.#log.info('change', { revision, by, what: what.join(', ') })
    this.events.push({ kind: 'change', at: now(), revision, by, what })
  }

  /** All that stand now. */
  warnings(standing: readonly string[]): void {
    const raised = standing.filter((text) => !this.#warned.includes(text))
    const gone = this.#warned.filter((text) => !standing.includes(text))
    this.#warned = standing
    for (const text of raised) {
      this.#log.warn(text)
      this.events.push({ kind: 'warning', at: now(), raised: true, text })
    }
    for (const text of gone) this.events.push({ kind: 'warning', at: now(), raised: false, text })
  }

  /** Health has logged it itself. */
  health(event: HealthEvent): void {
    const service = serviceName(event.key)
    if (event.kind === 'service') {
      const { kind, at, up, onFallback } = event
      this.events.push({ kind, at: new Date(at).toISOString(), service, up, onFallback })
      return
    }
    const { kind, address, port, change } = event
    const server = endpointName({ address, port })
    this.events.push({ kind, at: now(), service, server, up: change.up, reason: change.reason })
  }

  #dataPlane({ level, code, message }: DataPlaneEvent): void {
    if (level === 'error') this.#log.error(message)
    else this.#log.warn(message)
    this.events.push({ kind: 'datapath', at: now(), level, code, text: message })
  }

  async #look(): Promise<void> {
    const sample = this.#sample(await this.#plane.status())
    const { listeners } = this.events
    if (sample === null || listeners.size === 0) return
    const whole = [...listeners].some((listener) => !this.#heard.has(listener))
    this.#heard = new Set(listeners)
    if (whole) this.#told.clear()
    const services = await this.#plane.services()
    const rows = services.map(serviceRow).filter((row) => this.#isNew(row))
    const servers = services.flatMap(serverRows).filter((row) => this.#isNew(row))
    for (const listener of listeners) listener.rates({ whole, sample, services: rows, servers })
  }

  #sample({ traffic, connections: held, ports }: DataPlaneStatus): Sample | null {
    const { totals, atMs } = this.#before ?? { totals: null, atMs: 0 }
    const nowMs = performance.now()
    this.#before = { totals: traffic, atMs: nowMs }
    if (totals === null) return null
    const rate = (name: keyof Totals) =>
      Math.max(0, Math.round(((traffic[name] - totals[name]) * 1000) / (nowMs - atMs)))
    const sample = {
      at: Date.now(),
      held,
      ports,
      connections: rate('connections'),
      inPackets: rate('inPackets'),
      outPackets: rate('outPackets'),
      inBytes: rate('inBytes'),
      outBytes: rate('outBytes'),
    }
    this.#samples.push(sample)
    if (this.#samples.length > SAMPLES_MAX) this.#samples.shift()
    return sample
  }

  #isNew(row: RateRow): boolean {
    const text = row.join()
    if (this.#told.get(row[0]) === text) return false
    this.#told.set(row[0], text)
    return true
  }
}

const now = (): string => new Date().toISOString()

function serviceRow({ id, traffic, destinations }: ServiceCounters): RateRow {
  const sum = (name: 'active' | 'inactive') => destinations.reduce((all, each) => all + each[name], 0)
  return [id, sum('active'), sum('inactive'), ...rates(traffic)]
}

const serverRows = ({ destinations }: ServiceCounters): RateRow[] =>
  destinations.map(({ id, active, inactive, traffic }) => [id, active, inactive, ...rates(traffic)])

const rates = (traffic: Traffic): [number, number, number, number, number] => [
  traffic.connectionRate,
  traffic.inPacketRate,
  traffic.outPacketRate,
  traffic.inByteRate,
  traffic.outByteRate,
]
