/** How loaded a destination is, and which one is the least loaded. */
import type { Destinations } from '../destination.js'
import type { Service } from '../service.js'
import { heavier } from './weight.js'

/** One active connection weighs 257 inactive ones: active x 256 + all (include/net/ip_vs.h, ip_vs_dest_conn_overhead). */
export const overhead = (destinations: Destinations, slot: number): number =>
  destinations.active[slot] * 257 + destinations.inactive[slot]

/** The usable destination with the least overhead for its weight, the first in the list of equals; -1 if none is usable. */
export function leastLoaded(service: Service): number {
  const { list, count, destinations } = service
  const { weight, overloaded } = destinations
  let least = -1
  let leastLoad = 0
  for (let i = 0; i < count; i++) {
    const slot = list[i]
    if (weight[slot] <= 0 || overloaded[slot] !== 0) continue
    const load = overhead(destinations, slot)
    if (least >= 0 && !heavier(leastLoad, weight[least], load, weight[slot])) continue
    least = slot
    leastLoad = load
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
