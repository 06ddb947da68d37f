/** Never queue: the first usable destination without an active connection, else as sed (ip_vs_nq.c). */
import { Scheduler } from './scheduler.js'
import { shortestDelay } from './sed.js'

export class NeverQueue extends Scheduler {
  schedule(): number {
    return shortestDelay(this.service, true)
  }
}
