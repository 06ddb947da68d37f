/** Never queue: the first usable destination without an active connection, else as sed (ip_vs_nq.c). */
import { Ahead, Scheduler } from './scheduler.js'
import { shortestDelay } from './sed.js'

export class NeverQueue extends Scheduler {
  override readonly ahead = Ahead.counts
  schedule(): number {
    return shortestDelay(this.service, true)
  }
}
