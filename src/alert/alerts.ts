/**
 * Alerts: those who are to be told of changes of state and of pools that run low hear of them by e-mail and webhooks.
 *
 * It promises to hold up nobody: whatever receivers do, checks and traffic go on. What is told is in the log and the event
 * stream as well; this is for those who look at neither.
 */
import type { HealthEvent } from '../health/view.js'
import type { Log } from '../log/log.js'
import type { Alerts as Settings } from '../model/alert.js'
import { type Alert, ofHealth, ofPool, ofTest, type PoolUse } from './alert.js'
import { Receiver, type Send } from './receiver.js'
import { byMail, byWebhook } from './send.js'
import type { ReceiverView, TestResult } from './view.js'

/** Percent above the limit at which a pool is enough again. */
const ENOUGH_PERCENT = 5

export class Alerts {
  readonly #log: Log
  #settings: Settings
  #receivers: Receiver[] = []
  #ways: { name: string; send: Send }[] = []
  readonly #low = new Set<string>()

  constructor(settings: Settings, log: Log) {
    this.#log = log
    this.#settings = settings
    this.#open()
  }

  /** What waits for receivers that were there before is not sent. */
  follow(settings: Settings): void {
    if (settings === this.#settings) return
    this.#settings = settings
    this.close()
    this.#open()
  }

  health(event: HealthEvent): void {
    if (event.alert) this.#tell(ofHealth(event))
  }

  /** To be called now and then. */
  pools(pools: readonly PoolUse[]): void {
    const limit = this.#settings.poolFreePercent
    for (const pool of pools) {
      const percent = (100 * pool.free) / pool.size
      const isLow = this.#low.has(pool.address)
      if (!isLow && percent < limit) this.#pool(pool, true)
      else if (isLow && percent >= limit + ENOUGH_PERCENT) this.#pool(pool, false)
    }
  }

  get watchesPools(): boolean {
    return this.#settings.poolFreePercent > 0 && this.#receivers.length > 0
  }

  view(): ReceiverView[] {
    return this.#receivers.map((receiver) => receiver.view())
  }

  /** At once, and past the queues. */
  test(): Promise<TestResult[]> {
    const alert = ofTest(Date.now())
    return Promise.all(
      this.#ways.map(async ({ name, send }) => {
        const failure = await send([alert], 0).then(
          () => '',
          (error: Error) => error.message,
        )
        return { receiver: name, failure }
      }),
    )
  }

  /** For the status: who cannot be told. */
  troubles(): string[] {
    return this.view()
      .filter(({ failure }) => failure !== '')
      .map(({ receiver, waiting, failure }) => `${waiting} alerts for ${receiver} wait: ${failure}`)
  }

  close(): void {
    for (const receiver of this.#receivers) receiver.close()
    this.#receivers = []
  }

  #open(): void {
    const { mail, webhooks, perMinute } = this.#settings
    this.#ways = [
      ...(mail
        ? [{ name: mail.to.join(', '), send: ((alerts, omitted) => byMail(mail, alerts, omitted)) as Send }]
        : []),
      ...webhooks.map((one) => ({
        name: one.url,
        send: ((alerts, omitted) => byWebhook(one, alerts, omitted)) as Send,
      })),
    ]
    this.#receivers = this.#ways.map(({ name, send }) => new Receiver(name, perMinute, send))
  }

  #pool(pool: PoolUse, low: boolean): void {
    if (low) this.#low.add(pool.address)
    else this.#low.delete(pool.address)
    const alert = ofPool(pool, low, Date.now())
    if (low) this.#log.warn(alert.subject)
    else this.#log.info(alert.subject)
    this.#tell(alert)
  }

  #tell(alert: Alert): void {
    for (const receiver of this.#receivers) receiver.add(alert)
  }
}
