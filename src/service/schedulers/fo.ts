/** Weighted failover: the highest weight among usable destinations (ip_vs_fo.c). */
import { Scheduler } from './scheduler.js'

export class WeightedFailover extends Scheduler {
  schedule(): number {
    const { list, count, destinations } = this.service
    const { weight, overloaded } = destinations
    let best = -1
    for (let i = 0; i < count; i++) {
      const slot = list[i]
      if (weight[slot] <= 0 || overloaded[slot] !== 0) continue
      if (best < 0 || weight[slot] > weight[best]) best = slot
    }
    return best
  }
}
