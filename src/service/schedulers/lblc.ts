/**
 * Locality-based least-connection: one destination address stays with one destination while that is usable and not
 * crowded, else as wlc (ip_vs_lblc.c). Meant for caches behind a firewall mark.
 */
import type { Service } from '../service.js'
import { crowded, leastLoaded } from './load.js'
import { LocalityCache } from './locality.js'
import { DESTINATION, type Packet, Scheduler } from './scheduler.js'

export class LocalityLeastConnection extends Scheduler {
  private readonly cache: LocalityCache
  /** Destination slot by cache entry, held by a reference. */
  private readonly choice: number[] = []

  constructor(service: Service) {
    super(service)
    this.cache = new LocalityCache(
      (entry) => {
        service.destinations.refs[this.choice[entry]]--
      },
      () => service.tuning.lblcExpirationMs,
    )
  }

  schedule(packet: Packet, nowMs: number): number {
    let entry = this.cache.find(packet.words, DESTINATION, nowMs)
    if (entry >= 0 && this.fit(this.choice[entry])) return this.choice[entry]
    const slot = leastLoaded(this.service)
    if (slot < 0) return -1
    const { refs } = this.service.destinations
    if (entry >= 0) refs[this.choice[entry]]--
    else entry = this.cache.insert(packet.words, DESTINATION, nowMs)
    if (entry < 0) return slot
    this.choice[entry] = slot
    refs[slot]++
    return slot
  }

  override peek(packet: Packet): number {
    const entry = this.cache.peek(packet.words, DESTINATION)
    return entry >= 0 && this.fit(this.choice[entry]) ? this.choice[entry] : leastLoaded(this.service)
  }

  override close(): void {
    this.cache.clear()
  }

  /** Thresholds do not count here: the kernel's lblc does not look at them either. */
  private fit(slot: number): boolean {
    const { destinations } = this.service
    return destinations.alive(slot) && destinations.weight[slot] > 0 && !crowded(this.service, slot)
  }
}
