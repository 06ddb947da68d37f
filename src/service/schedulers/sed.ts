/** Shortest expected delay: least (active + 1) / weight (ip_vs_sed.c). */
import type { Service } from '../service.js'
import { Ahead, Scheduler } from './scheduler.js'
import { heavier } from './weight.js'

export class ShortestExpectedDelay extends Scheduler {
  override readonly ahead = Ahead.counts
  schedule(): number {
    return shortestDelay(this.service, false)
  }
}

/** The usable destination with the least (active + 1) / weight; with `idleFirst` the first without an active connection. */
export function shortestDelay({ list, count, destinations }: Service, idleFirst: boolean): number {
  const { share, active, delay } = destinations
  let best = -1
  let bestDelay = Number.MAX_VALUE
  for (let i = 0; i < count; i++) {
    const slot = list[i]
    const own = delay[slot]
    if (idleFirst && active[slot] === 0 && share[slot] > 0) return slot
    if (own > bestDelay) continue
    // As in leastLoaded: equal quotients need the exact products.
    if (own === bestDelay && !heavier(active[best] + 1, share[best], active[slot] + 1, share[slot])) continue
    best = slot
    bestDelay = own
  }
  return best
}
