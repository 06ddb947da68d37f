/** Round robin: the first usable destination after the last chosen one, in list order (ip_vs_rr.c). */
import { Scheduler } from './scheduler.js'

export class RoundRobin extends Scheduler {
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

  override added(): void {
    if (this.cursor >= 0) this.cursor++
  }

  /** The cursor of a removed destination falls back to the one before it. */
  override removed(position: number): void {
    if (this.cursor >= position) this.cursor--
  }
}
