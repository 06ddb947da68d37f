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
  let bestLoad = 0
  let bestShare = 0
  for (let i = 0; i < count; i++) {
    const slot = list[i]
    const own = share[slot]
    if (own === 0) continue
    const load = active[slot] + 1
    if (idleFirst && load === 1) return slot
    if (best >= 0 && !heavier(bestLoad, bestShare, load, own)) continue
    best = slot
    bestLoad = load
    bestShare = own
  }
  return best
}
