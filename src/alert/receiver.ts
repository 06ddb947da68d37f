/**
 * One receiver's queue: what comes while a message is on its way, or too soon after others, goes together in the next one.
 *
 * Promises that nothing waits for it, that it holds a bounded number of alerts (of more the oldest are counted and left out),
 * and that what could not be sent is tried again, later and later.
 */
import type { Alert } from './alert.js'
import type { ReceiverView } from './view.js'

const MINUTE_MS = 60_000
const HELD_MOST = 1000
/** What happens together is told together. */
const GATHER_MS = 1000
const RETRY_LEAST_MS = 5000
const RETRY_MOST_MS = 300_000

export type Send = (alerts: readonly Alert[], omitted: number) => Promise<void>

export class Receiver {
  readonly name: string
  readonly #send: Send
  readonly #perMinute: number
  #waiting: Alert[] = []
  #omitted = 0
  #sent = 0
  #failure = ''
  #retryMs = RETRY_LEAST_MS
  #timer: NodeJS.Timeout | null = null
  #busy = false
  /** Whatever is still on its way, nothing follows it. */
  #closed = false
  /** When messages went, within the last minute. */
  #times: number[] = []

  constructor(name: string, perMinute: number, send: Send) {
    this.name = name
    this.#perMinute = perMinute
    this.#send = send
  }

  add(alert: Alert): void {
    this.#waiting.push(alert)
    if (this.#waiting.length > HELD_MOST) {
      this.#waiting.shift()
      this.#omitted++
    }
    if (this.#failure === '') this.#schedule(Math.max(GATHER_MS, this.#pauseMs()))
  }

  view(): ReceiverView {
    return { receiver: this.name, waiting: this.#waiting.length, sent: this.#sent, failure: this.#failure }
  }

  close(): void {
    if (this.#timer) clearTimeout(this.#timer)
    this.#waiting = []
    this.#closed = true
  }

  #schedule(ms: number): void {
    if (this.#busy || this.#closed || this.#timer) return
    this.#timer = setTimeout(() => void this.#attempt(), ms)
    this.#timer.unref()
  }

  /** Until the next message may go. */
  #pauseMs(): number {
    const now = Date.now()
    this.#times = this.#times.filter((at) => now - at < MINUTE_MS)
    return this.#times.length < this.#perMinute ? 0 : this.#times[0] + MINUTE_MS - now
  }

  async #attempt(): Promise<void> {
    this.#timer = null
    const [alerts, omitted] = [this.#waiting, this.#omitted]
    if (alerts.length === 0) return
    this.#busy = true
    this.#waiting = []
    this.#omitted = 0
    try {
      await this.#send(alerts, omitted)
      this.#times.push(Date.now())
      this.#sent++
      this.#failure = ''
      this.#retryMs = RETRY_LEAST_MS
    } catch (error) {
      this.#failure = (error as Error).message
      this.#waiting = [...alerts, ...this.#waiting].slice(-HELD_MOST)
      this.#omitted += omitted
    }
    this.#busy = false
    if (this.#waiting.length === 0) return
    if (this.#failure === '') this.#schedule(Math.max(GATHER_MS, this.#pauseMs()))
    else {
      this.#schedule(this.#retryMs)
      this.#retryMs = Math.min(RETRY_MOST_MS, this.#retryMs * 2)
    }
  }
}
