/** Which destination is the least loaded, and which one too loaded. */
import type { Service } from '../service.js'
import { heavier } from './weight.js'

/** The usable destination with the least load for its weight, the first in the list of equals; -1 if none is usable. */
export function leastLoaded(service: Service): number {
  const { list, count, destinations } = service
  const { share, load, ratio } = destinations
  let least = -1
  let leastRatio = Number.MAX_VALUE
  for (let i = 0; i < count; i++) {
    const slot = list[i]
    const own = ratio[slot]
    if (own > leastRatio) continue
    // Division rounds, but never the wrong way round: only equal quotients need the exact products.
    if (own === leastRatio && !heavier(load[least], share[least], load[slot], share[slot])) continue
    least = slot
    leastRatio = own
  }
  return least
}

/**
 * Overloaded in the sense of lblc and lblcr: more active connections than its weight, while another destination has
 * fewer than half of its own.
 */
export function crowded({ list, count, destinations }: Service, slot: number): boolean {
  const { weight, active } = destinations
  if (active[slot] <= weight[slot]) return false
  for (let i = 0; i < count; i++) if (active[list[i]] * 2 < weight[list[i]]) return true
  return false
}
