/** Weighted least-connection: least load for its weight (ip_vs_wlc.c). */
import { leastLoaded } from './load.js'
import { Ahead, Scheduler } from './scheduler.js'

export class WeightedLeastConnection extends Scheduler {
  override readonly ahead = Ahead.counts
  schedule(): number {
    return leastLoaded(this.service)
  }
}
