/** Least-connection: least load, whatever the weight (ip_vs_lc.c). */
import { Ahead, Scheduler } from './scheduler.js'

export class LeastConnection extends Scheduler {
  override readonly ahead = Ahead.counts
  schedule(): number {
    const { list, count, destinations } = this.service
    const { share, load } = destinations
    let least = -1
    let leastLoad = 0
    for (let i = 0; i < count; i++) {
      const slot = list[i]
      if (share[slot] === 0 || (least >= 0 && load[slot] >= leastLoad)) continue
      least = slot
      leastLoad = load[slot]
    }
    return least
  }
}
