/**
 * Locality-based least-connection with replication: one destination address stays with a set of destinations, the
 * least loaded of them; wlc's choice joins the set when that one is crowded, and the most loaded leaves a set that has
 * not changed for a day (ip_vs_lblcr.c).
 */
import type { Service } from '../service.js'
import { crowded, leastLoaded } from './load.js'
import { LocalityCache } from './locality.js'
import { DESTINATION, type Packet, Scheduler } from './scheduler.js'
import { heavier } from './weight.js'

const NONE = -1

export class ReplicatedLocality extends Scheduler {
  private readonly cache: LocalityCache
  /** By cache entry: its first member (the latest to join), how many, and when the set last changed. */
  private readonly head: number[] = []
  private readonly size: number[] = []
  private readonly changedMs: number[] = []
  /** By member: destination slot, held by a reference, and the next member of the set (or of the free ones). */
  private readonly slot: number[] = []
  private readonly next: number[] = []
  private freeMember = NONE

  constructor(service: Service) {
    super(service)
    this.cache = new LocalityCache(
      (entry) => {
        while (this.head[entry] !== NONE) this.leave(entry, this.slot[this.head[entry]])
      },
      () => service.tuning.lblcrExpirationMs,
    )
  }

  schedule(packet: Packet, nowMs: number): number {
    const known = this.cache.find(packet.words, DESTINATION, nowMs)
    if (known >= 0) {
      const slot = this.leastOf(known)
      if (this.size[known] > 1 && nowMs > this.changedMs[known] + this.service.tuning.lblcrExpirationMs)
        this.shrink(known, nowMs)
      if (slot >= 0 && !crowded(this.service, slot)) return slot
    }
    const slot = leastLoaded(this.service)
    if (slot < 0) return -1
    const entry = known >= 0 ? known : this.begin(packet, nowMs)
    if (entry >= 0 && !this.isMember(entry, slot)) this.join(entry, slot, nowMs)
    return slot
  }

  override peek(packet: Packet): number {
    const entry = this.cache.peek(packet.words, DESTINATION)
    const slot = entry < 0 ? NONE : this.leastOf(entry)
    return slot >= 0 && !crowded(this.service, slot) ? slot : leastLoaded(this.service)
  }

  override close(): void {
    this.cache.clear()
  }

  private begin(packet: Packet, nowMs: number): number {
    const entry = this.cache.insert(packet.words, DESTINATION, nowMs)
    if (entry < 0) return entry
    this.head[entry] = NONE
    this.size[entry] = 0
    return entry
  }

  /** The usable member with the least load for its weight, or -1. */
  private leastOf(entry: number): number {
    const { share, load } = this.service.destinations
    let least = -1
    for (let member = this.head[entry]; member !== NONE; member = this.next[member]) {
      const slot = this.slot[member]
      if (share[slot] === 0) continue
      if (least < 0 || heavier(load[least], share[least], load[slot], share[slot])) least = slot
    }
    return least
  }

  /** The member of most load for its weight leaves; those of weight 0 stay. */
  private shrink(entry: number, nowMs: number): void {
    const { weight, load } = this.service.destinations
    let most = -1
    for (let member = this.head[entry]; member !== NONE; member = this.next[member]) {
      const slot = this.slot[member]
      if (weight[slot] <= 0) continue
      if (most < 0 || heavier(load[slot], weight[slot], load[most], weight[most])) most = slot
    }
    if (most < 0) return
    this.leave(entry, most)
    this.changedMs[entry] = nowMs
  }

  private isMember(entry: number, slot: number): boolean {
    for (let member = this.head[entry]; member !== NONE; member = this.next[member])
      if (this.slot[member] === slot) return true
    return false
  }

  private join(entry: number, slot: number, nowMs: number): void {
    let member = this.freeMember
    if (member === NONE) member = this.slot.length
    else this.freeMember = this.next[member]
    this.slot[member] = slot
    this.next[member] = this.head[entry]
    this.head[entry] = member
    this.size[entry]++
    this.changedMs[entry] = nowMs
    this.service.destinations.refs[slot]++
  }

  private leave(entry: number, slot: number): void {
    let before = NONE
    let member = this.head[entry]
    while (this.slot[member] !== slot) {
      before = member
      member = this.next[member]
    }
    if (before === NONE) this.head[entry] = this.next[member]
    else this.next[before] = this.next[member]
    this.next[member] = this.freeMember
    this.freeMember = member
    this.size[entry]--
    this.service.destinations.refs[slot]--
  }
}
