/** Weighted overflow: the highest weight that its active connections do not exceed (ip_vs_ovf.c). */
import { Scheduler } from './scheduler.js'

export class WeightedOverflow extends Scheduler {
  schedule(): number {
    const { list, count, destinations } = this.service
    const { weight, overloaded, active } = destinations
    let best = -1
    for (let i = 0; i < count; i++) {
      const slot = list[i]
      if (weight[slot] <= 0 || overloaded[slot] !== 0 || active[slot] > weight[slot]) continue
      if (best < 0 || weight[slot] > weight[best]) best = slot
    }
    return best
  }
}
