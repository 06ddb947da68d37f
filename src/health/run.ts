/** One check of one server, made again and again: never twice at a time, spread by its jitter. */
import type { BuiltKind, Check } from '../model/check.js'
import { Bad, reasonOf } from './bad.js'
import { checkers } from './checkers/registry.js'
import type { OpenEcho } from './echo.js'
import { Exchange, type Target } from './exchange.js'
import { Standing } from './standing.js'

/** Servers begin to be asked within this, spread over it. */
const BEGIN_MS = 1000
const DONE = new Error('the check is over')

/** What one asking found. */
export interface Outcome {
  good: boolean
  reason: string
  at: number
  tookMs: number
  share: number
  sent: Buffer
  received: Buffer
}

/** Asks once. Never throws. */
export async function ask(check: Check, target: Target, openEcho: OpenEcho): Promise<Outcome> {
  const exchange = new Exchange(target, openEcho)
  const at = Date.now()
  const begun = performance.now()
  const late = new Bad(`no answer within ${check.timeoutMs} ms`)
  const timer = setTimeout(() => exchange.end(late), check.timeoutMs)
  const outcome = (good: boolean, reason: string, share: number): Outcome => ({
    ...{ good, reason, at, share },
    tookMs: Math.round((performance.now() - begun) * 100) / 100,
    sent: exchange.sent.bytes(),
    received: exchange.received.bytes(),
  })
  try {
    const share = await checkers[check.kind as BuiltKind](check as never, exchange)
    return outcome(true, '', share)
  } catch (error) {
    return outcome(false, reasonOf(error), 1)
  } finally {
    clearTimeout(timer)
    exchange.end(DONE)
  }
}

export class Run {
  readonly check: Check
  readonly standing = new Standing()
  last: Outcome | null = null
  readonly #target: Target
  readonly #openEcho: OpenEcho
  readonly #told: (run: Run, changed: boolean) => void
  #timer: NodeJS.Timeout
  #ended = false

  constructor(check: Check, target: Target, openEcho: OpenEcho, told: (run: Run, changed: boolean) => void) {
    this.check = check
    this.#target = target
    this.#openEcho = openEcho
    this.#told = told
    this.#timer = setTimeout(this.#ask, Math.random() * Math.min(BEGIN_MS, check.intervalMs))
  }

  end(): void {
    this.#ended = true
    clearTimeout(this.#timer)
  }

  readonly #ask = async (): Promise<void> => {
    const begun = performance.now()
    const outcome = await ask(this.check, this.#target, this.#openEcho)
    if (this.#ended) return
    const { intervalMs, jitter } = this.check
    const interval = intervalMs * (1 + ((Math.random() * 2 - 1) * jitter) / 100)
    this.#timer = setTimeout(this.#ask, Math.max(0, begun + interval - performance.now()))
    this.last = outcome
    this.#told(this, this.standing.judge(outcome.good, this.check))
  }
}
