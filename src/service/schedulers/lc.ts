/** Least-connection: least overhead, whatever the weight (ip_vs_lc.c). */
import { overhead } from './load.js'
import { Scheduler } from './scheduler.js'

export class LeastConnection extends Scheduler {
  schedule(): number {
    const { list, count, destinations } = this.service
    const { weight, overloaded } = destinations
    let least = -1
    let leastLoad = 0
    for (let i = 0; i < count; i++) {
      const slot = list[i]
      if (weight[slot] <= 0 || overloaded[slot] !== 0) continue
      const load = overhead(destinations, slot)
      if (least >= 0 && load >= leastLoad) continue
      least = slot
      leastLoad = load
    }
    return least
  }
}
