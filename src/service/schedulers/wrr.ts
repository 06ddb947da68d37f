/**
 * Interleaved weighted round robin (ip_vs_wrr.c).
 *
 * Passes over the list take the destinations of at least the threshold weight; after each pass the threshold falls by
 * the greatest common divisor of all weights, and after the last (threshold 1) it starts again at the top. The kernel
 * makes every pass; here the passes that nothing can win are skipped, so a choice costs three walks at most.
 */
import type { Service } from '../service.js'
import { Ahead, Scheduler } from './scheduler.js'
import { greatestCommonDivisor } from './weight.js'

export class WeightedRoundRobin extends Scheduler {
  override readonly ahead = Ahead.round
  /** Position of the last choice; -1: the head of the list. */
  private cursor = -1
  private step = 1
  /** Where the threshold starts: the greatest weight, less step - 1 so that the last pass is at 1. 0: no weight at all. */
  private top = 0
  private threshold = 0

  constructor(service: Service) {
    super(service)
    this.measure()
    this.threshold = this.top
  }

  schedule(): number {
    if (this.top === 0) return -1
    const rest = this.next(this.cursor + 1)
    if (rest >= 0) return this.take(rest)
    const greatest = this.greatest(this.service.destinations.share)
    if (greatest === 0) return this.exhaust()
    this.threshold -= this.step
    if (this.threshold <= 0) this.threshold = this.top
    const above = this.threshold - greatest
    if (above > 0) this.threshold -= Math.ceil(above / this.step) * this.step
    return this.take(this.next(0))
  }

  override peek(): number {
    const { cursor, threshold } = this
    const slot = this.schedule()
    this.cursor = cursor
    this.threshold = threshold
    return slot
  }

  override round(choices: Int32Array): number {
    const { cursor, threshold } = this
    const length = this.untilRepeated(choices)
    this.cursor = cursor
    this.threshold = threshold
    return length
  }

  private untilRepeated(choices: Int32Array): number {
    let slot = this.schedule()
    const { cursor, threshold } = this
    for (let length = 0; slot >= 0 && length < choices.length; slot = this.schedule()) {
      if (length > 0 && this.cursor === cursor && this.threshold === threshold) return length
      choices[length++] = slot
    }
    return 0
  }

  override added(): void {
    this.changed()
  }

  override removed(): void {
    this.changed()
  }

  override edited(): void {
    this.changed()
  }

  /** Starts at the head again, and keeps the threshold where the new weights allow it. */
  private changed(): void {
    this.cursor = -1
    this.measure()
    if (this.threshold > this.top || this.threshold === 0) this.threshold = this.top
    else if (this.step > 1) this.threshold = Math.floor(this.threshold / this.step) * this.step + 1
  }

  private measure(): void {
    const { list, count, destinations } = this.service
    const { weight } = destinations
    let divisor = 0
    for (let i = 0; i < count; i++) divisor = greatestCommonDivisor(weight[list[i]], divisor)
    this.step = divisor || 1
    this.top = this.greatest(weight) - (this.step - 1)
  }

  private greatest(weights: Int32Array): number {
    const { list, count } = this.service
    let greatest = 0
    for (let i = 0; i < count; i++) if (weights[list[i]] > greatest) greatest = weights[list[i]]
    return greatest
  }

  /** The first position from `from` on that is within the threshold, or -1. */
  private next(from: number): number {
    const { list, count, destinations } = this.service
    const { share } = destinations
    const { threshold } = this
    for (let at = from; at < count; at++) if (share[list[at]] >= threshold) return at
    return -1
  }

  private take(at: number): number {
    this.cursor = at
    return this.service.list[at]
  }

  /**
   * Every destination with a weight is overloaded. The kernel's passes then end either at the head, with the threshold at
   * the top, or, begun behind the head in a last pass, where they began and in the last pass.
   */
  private exhaust(): number {
    if (this.cursor < 0 || this.threshold > this.step) {
      this.cursor = -1
      this.threshold = this.top
    } else this.threshold = 1
    return -1
  }
}
