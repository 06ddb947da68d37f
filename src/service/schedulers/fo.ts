/** Weighted failover: the highest weight among usable destinations (ip_vs_fo.c). */
import { Ahead, Scheduler } from './scheduler.js'

export class WeightedFailover extends Scheduler {
  override readonly ahead = Ahead.counts
  schedule(): number {
    const { list, count, destinations } = this.service
    const { share } = destinations
    let best = -1
    let greatest = 0
    for (let i = 0; i < count; i++) {
      const slot = list[i]
      if (share[slot] <= greatest) continue
      best = slot
      greatest = share[slot]
    }
    return best
  }
}
