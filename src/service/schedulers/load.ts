/** Which destination is the least loaded, and which one too loaded. */
import type { Service } from '../service.js'
import { heavier } from './weight.js'

/** The usable destination with the least load for its weight, the first in the list of equals; -1 if none is usable. */
export function leastLoaded(service: Service): number {
  const { list, count, destinations } = service
  const { share, load } = destinations
  let least = -1
  let leastRatio = Number.POSITIVE_INFINITY
  for (let i = 0; i < count; i++) {
    const slot = list[i]
    const own = share[slot]
    if (own === 0) continue
    const ratio = load[slot] / own
    if (ratio > leastRatio) continue
    // Division rounds, but never the wrong way round: only equal quotients need the exact products.
    if (ratio === leastRatio && !heavier(load[least], share[least], load[slot], own)) continue
    least = slot
    leastRatio = ratio
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
