/** Round robin: the first usable destination after the last chosen one, in list order (ip_vs_rr.c). */
import { Ahead, Scheduler } from './scheduler.js'

export class RoundRobin extends Scheduler {
  override readonly ahead = Ahead.round
  /** Position of the last choice; -1: the head of the list, before its first destination. */
  private cursor = -1

  schedule(): number {
    const { list, count, destinations } = this.service
    const { share } = destinations
    for (let step = 1, at = this.cursor + 1; step <= count; step++, at++) {
      if (at >= count) at -= count
      const slot = list[at]
      if (share[slot] === 0) continue
      this.cursor = at
      return slot
    }
    return -1
  }

  override peek(): number {
    const before = this.cursor
    const slot = this.schedule()
    this.cursor = before
    return slot
  }

  override round(choices: Int32Array): number {
    if (this.service.count > choices.length) return 0
    const before = this.cursor
    let length = 0
    for (let slot = this.schedule(); slot >= 0; slot = this.schedule()) {
      if (length > 0 && slot === choices[0]) break
      choices[length++] = slot
    }
    this.cursor = before
    return length
  }

  override added(): void {
    if (this.cursor >= 0) this.cursor++
  }

  /** The cursor of a removed destination falls back to the one before it. */
  override removed(position: number): void {
    if (this.cursor >= position) this.cursor--
  }
}
