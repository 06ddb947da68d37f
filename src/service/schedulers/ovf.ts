/** Weighted overflow: the highest weight that its active connections do not exceed (ip_vs_ovf.c). */
import { Ahead, Scheduler } from './scheduler.js'

export class WeightedOverflow extends Scheduler {
  override readonly ahead = Ahead.counts
  schedule(): number {
    const { list, count, destinations } = this.service
    const { share, active } = destinations
    let best = -1
    let greatest = 0
    for (let i = 0; i < count; i++) {
      const slot = list[i]
      if (share[slot] <= greatest || active[slot] > share[slot]) continue
      best = slot
      greatest = share[slot]
    }
    return best
  }
}
