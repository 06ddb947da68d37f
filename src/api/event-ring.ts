/**
 * What happened, in order, the last of it kept: whoever listens hears all that is new, and whoever was away hears what
 * was missed, as far back as the ring goes.
 *
 * Numbers rise through restarts: they begin at the clock's milliseconds.
 */
import type { DirectorEvent, RatesView } from './routes.js'

export interface Told {
  id: number
  event: DirectorEvent
}

export interface EventListener {
  event(told: Told): void
  rates(rates: RatesView): void
}

const KEPT = 1000

export class EventRing {
  readonly #kept: Told[] = []
  readonly #listeners = new Set<EventListener>()
  #last: number

  constructor(nowMs: number) {
    this.#last = nowMs
  }

  get listeners(): ReadonlySet<EventListener> {
    return this.#listeners
  }

  push(event: DirectorEvent): void {
    const told = { id: ++this.#last, event }
    this.#kept.push(told)
    if (this.#kept.length > KEPT) this.#kept.shift()
    for (const listener of this.#listeners) listener.event(told)
  }

  /** What came after `id`; `whole` is false where something in between is no longer kept. */
  since(id: number): { told: Told[]; whole: boolean } {
    const [oldest] = this.#kept
    const whole = id <= this.#last && id >= (oldest ? oldest.id - 1 : this.#last)
    return { told: this.#kept.filter((one) => one.id > id || !whole), whole }
  }

  /** The answer ends it. */
  listen(listener: EventListener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
}
