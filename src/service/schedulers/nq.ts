/** Never queue: the first usable destination without an active connection, else as sed (ip_vs_nq.c). */
import { Scheduler } from './scheduler.js'
import { shortestDelay } from './sed.js'

export class NeverQueue extends Scheduler {
  schedule(): number {
    const { list, count, destinations } = this.service
    const { share, active } = destinations
    for (let i = 0; i < count; i++) {
      const slot = list[i]
      if (active[slot] === 0 && share[slot] > 0) return slot
    }
    return shortestDelay(this.service)
  }
}
