/** Shortest expected delay: least (active + 1) / weight (ip_vs_sed.c). */
import type { Service } from '../service.js'
import { Scheduler } from './scheduler.js'
import { heavier } from './weight.js'

export class ShortestExpectedDelay extends Scheduler {
  schedule(): number {
    return shortestDelay(this.service)
  }
}

export function shortestDelay(service: Service): number {
  const { list, count, destinations } = service
  const { weight, overloaded, active } = destinations
  let best = -1
  let bestLoad = 0
  for (let i = 0; i < count; i++) {
    const slot = list[i]
    if (weight[slot] <= 0 || overloaded[slot] !== 0) continue
    const load = active[slot] + 1
    if (best >= 0 && !heavier(bestLoad, weight[best], load, weight[slot])) continue
    best = slot
    bestLoad = load
  }
  return best
}
