/**
 * Every destination (real server) of every service at run time: a structure of arrays with integer slots.
 *
 * A removed destination keeps its slot while connections (or a scheduler's cache) refer to it, and two minutes
 * longer; added again to the same service it takes slot, counts and counters back (ip_vs_ctl.c, the trash).
 * Arrays are replaced when they grow, at an install: hold no array across one.
 */
import type { Words } from '../address/words.js'
import { AddressIndex } from './address-index.js'
import { Estimator, TICK_MS } from './estimator.js'
import type { DestinationSpec, TunnelSpec } from './service.js'

/** IP_VS_DEST_TRASH_PERIOD, in ticks of the estimator. */
const TRASH_TICKS = 120_000 / TICK_MS
const SMALLEST = 16

export class Destinations {
  /** Slots ever given out; every valid slot is below. */
  count = 0
  /** How many were ever removed. */
  removals = 0
  /** Slot of the service it belongs to. */
  service = new Int32Array(SMALLEST)
  id = new Float64Array(SMALLEST)
  weight = new Int32Array(SMALLEST)
  /** The latest weight that was not 0. */
  lastWeight = new Int32Array(SMALLEST)
  active = new Int32Array(SMALLEST)
  inactive = new Int32Array(SMALLEST)
  /**
   * Its connections as schedulers weigh them: active x 256 + all (include/net/ip_vs.h, ip_vs_dest_conn_overhead), so that
   * one active connection counts for 257 inactive ones.
   */
  load = new Int32Array(SMALLEST)
  /** Its weight while it may take a new connection, else 0. */
  share = new Int32Array(SMALLEST)
  /** load / share, and (active + 1) / share; infinite where it may take none. Kept, so that a choice among many divides nothing. */
  ratio = new Float64Array(SMALLEST)
  delay = new Float64Array(SMALLEST)
  /** Persistence templates. */
  persistent = new Int32Array(SMALLEST)
  upper = new Int32Array(SMALLEST)
  lower = new Int32Array(SMALLEST)
  /** 1 while its thresholds keep new connections away. */
  overloaded = new Uint8Array(SMALLEST)
  /** 1 from its removal until it is added again or its slot is given up. */
  removed = new Uint8Array(SMALLEST)
  method = new Uint8Array(SMALLEST)
  /** 4 or 6. */
  family = new Uint8Array(SMALLEST)
  /** Its address, four words for each slot. */
  words = new Int32Array(SMALLEST * 4)
  port = new Int32Array(SMALLEST)
  /** Connections, templates and cache entries that hold the slot. */
  refs = new Int32Array(SMALLEST)
  /** Ticks since a removed destination was last referred to. */
  private idleTicks = new Uint8Array(SMALLEST)
  readonly outInterface: string[] = []
  readonly outAddress: (Words | null)[] = []
  mtu = new Int32Array(SMALLEST)
  /** 1: without weight it loses its persistent clients, too. */
  forgets = new Uint8Array(SMALLEST)
  /** 1 when its address is the director's own. */
  local = new Uint8Array(SMALLEST)
  readonly tunnel: TunnelSpec[] = []
  readonly estimator = new Estimator(SMALLEST)
  private readonly index = new AddressIndex()
  private readonly key = new Int32Array(4)
  private readonly free: number[] = []
  private readonly trash = new Set<number>()
  /** By service slot: how many slots belong to it, removed ones included. */
  private readonly held: number[] = []

  /** May it take a new connection? */
  usable(slot: number): boolean {
    return this.share[slot] > 0
  }

  /** Do its existing connections go on? False for -1, none. */
  alive(slot: number): boolean {
    return slot >= 0 && this.removed[slot] === 0
  }

  /** A new connection refers to it; it begins inactive. */
  opened(slot: number): void {
    this.refs[slot]++
    this.inactive[slot]++
    this.load[slot]++
    this.updateOverload(slot)
  }

  /** An inactive connection ended (deactivate it first if it was active). */
  closed(slot: number): void {
    this.refs[slot]--
    this.inactive[slot]--
    this.load[slot]--
    if (this.overloaded[slot] !== 0) this.updateOverload(slot)
    else this.weigh(slot)
  }

  activate(slot: number): void {
    this.inactive[slot]--
    this.active[slot]++
    this.load[slot] += 256
    this.weigh(slot)
  }

  deactivate(slot: number): void {
    this.active[slot]--
    this.inactive[slot]++
    this.load[slot] -= 256
    this.weigh(slot)
  }

  templateOpened(slot: number): void {
    this.refs[slot]++
    this.persistent[slot]++
  }

  templateClosed(slot: number): void {
    this.refs[slot]--
    this.persistent[slot]--
  }

  /** The destination of `service` at address:port, not removed, or -1. */
  find(service: number, words: Int32Array, at: number, port: number): number {
    const slot = this.index.find(service, port, words, at)
    return slot >= 0 && this.removed[slot] === 0 ? slot : -1
  }

  isAt(slot: number, words: Int32Array, at: number): boolean {
    for (let i = 0; i < 4; i++) if (this.words[slot * 4 + i] !== words[at + i]) return false
    return true
  }

  /** True while the slot of this service is needed to take its removed destinations back. */
  holds(service: number): boolean {
    return (this.held[service] ?? 0) > 0
  }

  /** A slot for a new destination of `service`: its own from the trash, or a fresh one. */
  add(service: number, spec: DestinationSpec): number {
    this.key.set(spec.address)
    let slot = this.index.find(service, spec.port, this.key, 0)
    if (slot < 0) slot = this.create(service, spec)
    else this.trash.delete(slot)
    this.removed[slot] = 0
    this.update(slot, spec)
    return slot
  }

  /** True if what an administrator sets changed; a new route to it alone is no edit. */
  update(slot: number, spec: DestinationSpec): boolean {
    const edited =
      this.weight[slot] !== spec.weight ||
      this.upper[slot] !== spec.upperThreshold ||
      this.lower[slot] !== spec.lowerThreshold ||
      this.method[slot] !== spec.method
    this.id[slot] = spec.id
    this.weight[slot] = spec.weight
    if (spec.weight !== 0) this.lastWeight[slot] = spec.weight
    this.upper[slot] = spec.upperThreshold
    this.lower[slot] = spec.lowerThreshold
    this.method[slot] = spec.method
    this.outInterface[slot] = spec.outInterface
    this.outAddress[slot] = spec.outAddress
    this.mtu[slot] = spec.mtu
    this.local[slot] = spec.local ? 1 : 0
    this.forgets[slot] = spec.forgets ? 1 : 0
    this.tunnel[slot] = spec.tunnel
    this.updateOverload(slot)
    return edited
  }

  remove(slot: number): void {
    this.removals++
    this.removed[slot] = 1
    this.share[slot] = 0
    this.weigh(slot)
    this.idleTicks[slot] = 0
    this.trash.add(slot)
  }

  /** The service in this slot is made anew: what its removed destinations counted begins at zero (__ip_vs_update_dest). */
  zeroRemoved(service: number): void {
    for (const slot of this.trash) if (this.service[slot] === service) this.estimator.zero(slot)
  }

  /** Slots of removed destinations that connections still refer to. */
  lingering(): number[] {
    return [...this.trash].filter((slot) => this.refs[slot] > 0)
  }

  /** Two seconds passed. Returns the slots given up, for their services to let go of. */
  tick(estimates = true): number[] {
    if (estimates) this.estimator.tick(this.count)
    const given: number[] = []
    for (const slot of this.trash) {
      this.idleTicks[slot] = this.refs[slot] > 0 ? 0 : this.idleTicks[slot] + 1
      if (this.idleTicks[slot] < TRASH_TICKS) continue
      this.release(slot)
      given.push(slot)
    }
    return given
  }

  /**
   * IP_VS_DEST_F_OVERLOAD by all connections, active and inactive: set at the upper threshold, cleared below the lower
   * one, which is three quarters of the upper (rounded up) where none is set (ip_vs_conn.c, ip_vs_dest_update_overload).
   */
  private updateOverload(slot: number): void {
    const upper = this.upper[slot]
    const total = this.active[slot] + this.inactive[slot]
    if (upper === 0) this.overloaded[slot] = 0
    else if (total >= upper) this.overloaded[slot] = 1
    else if (total < (this.lower[slot] || upper - (upper >> 2))) this.overloaded[slot] = 0
    this.share[slot] = this.overloaded[slot] === 0 && this.removed[slot] === 0 ? this.weight[slot] : 0
    this.weigh(slot)
  }

  private weigh(slot: number): void {
    const share = this.share[slot]
    this.ratio[slot] = share > 0 ? this.load[slot] / share : Number.POSITIVE_INFINITY
    this.delay[slot] = share > 0 ? (this.active[slot] + 1) / share : Number.POSITIVE_INFINITY
  }

  private create(service: number, spec: DestinationSpec): number {
    const slot = this.free.pop() ?? this.count++
    if (slot >= this.id.length) this.grow()
    this.service[slot] = service
    this.family[slot] = spec.family
    this.words.set(spec.address, slot * 4)
    this.port[slot] = spec.port
    this.lastWeight[slot] = 0
    this.held[service] = (this.held[service] ?? 0) + 1
    this.index.set(service, spec.port, this.key, 0, slot)
    return slot
  }

  private release(slot: number): void {
    this.trash.delete(slot)
    this.index.delete(this.service[slot], this.port[slot], this.words, slot * 4)
    this.held[this.service[slot]]--
    this.estimator.clear(slot)
    this.outInterface[slot] = ''
    this.outAddress[slot] = null
    this.free.push(slot)
  }

  private grow(): void {
    const slots = this.id.length * 2
    const ints = (old: Int32Array<ArrayBuffer>, size = slots) => copyInto(new Int32Array(size), old)
    const bytes = (old: Uint8Array<ArrayBuffer>) => copyInto(new Uint8Array(slots), old)
    const numbers = (old: Float64Array<ArrayBuffer>) => copyInto(new Float64Array(slots), old)
    this.service = ints(this.service)
    this.id = numbers(this.id)
    this.weight = ints(this.weight)
    this.lastWeight = ints(this.lastWeight)
    this.active = ints(this.active)
    this.inactive = ints(this.inactive)
    this.load = ints(this.load)
    this.share = ints(this.share)
    this.ratio = numbers(this.ratio)
    this.delay = numbers(this.delay)
    this.persistent = ints(this.persistent)
    this.upper = ints(this.upper)
    this.lower = ints(this.lower)
    this.overloaded = bytes(this.overloaded)
    this.removed = bytes(this.removed)
    this.method = bytes(this.method)
    this.family = bytes(this.family)
    this.words = ints(this.words, slots * 4)
    this.port = ints(this.port)
    this.mtu = ints(this.mtu)
    this.local = bytes(this.local)
    this.forgets = bytes(this.forgets)
    this.refs = ints(this.refs)
    this.idleTicks = bytes(this.idleTicks)
    this.estimator.grow(slots)
  }
}

function copyInto<T extends Int32Array | Uint8Array | Float64Array>(to: T, from: T): T {
  to.set(from)
  return to
}
