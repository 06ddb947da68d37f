/** Shortest expected delay: least (active + 1) / weight (ip_vs_sed.c). */
import type { Service } from '../service.js'
import { Scheduler } from './scheduler.js'
import { heavier } from './weight.js'

export class ShortestExpectedDelay extends Scheduler {
  schedule(): number {
    return shortestDelay(this.service, false)
  }
}

/** The usable destination with the least (active + 1) / weight; with `idleFirst` the first without an active connection. */
export function shortestDelay(service: Service, idleFirst: boolean): number {
  const { list, count, destinations } = service
  const { share, active } = destinations
  let best = -1
  let bestDelay = Number.POSITIVE_INFINITY
  for (let i = 0; i < count; i++) {
    const slot = list[i]
    const own = share[slot]
    if (own === 0) continue
    if (idleFirst && active[slot] === 0) return slot
    const delay = (active[slot] + 1) / own
    if (delay > bestDelay) continue
    // As in leastLoaded: equal quotients need the exact products.
    if (delay === bestDelay && !heavier(active[best] + 1, share[best], active[slot] + 1, own)) continue
    best = slot
    bestDelay = delay
  }
  return best
}
