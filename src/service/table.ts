/**
 * All services at run time: who answers to a packet, which destination takes a new connection, and the counters.
 *
 * `install` replaces the desired services at once; what stays (by id) keeps slots, counters, connection counts and
 * scheduler state. Everything called for a packet is O(1) in services and allocates nothing. A service slot or
 * destination slot is a small integer, stable while anything refers to it.
 */

import type { Words } from '../address/words.js'
import { AddressIndex } from './address-index.js'
import { Destinations } from './destination.js'
import { Estimator, type Totals, type Traffic } from './estimator.js'
import type { Packet } from './schedulers/scheduler.js'
import { FTP, FTP_DATA, Method, Service, type ServiceSpec, type Tuning, USUAL } from './service.js'

/** A destination's counts and traffic. */
export interface DestinationCounters {
  id: number
  active: number
  inactive: number
  persistent: number
  traffic: Traffic
}

export interface ServiceCounters {
  id: number
  traffic: Traffic
  /** Newest first. */
  destinations: DestinationCounters[]
}

/** A removed real server, and the service it was behind, that connections still use. */
export interface Lingering {
  family: 4 | 6
  /** Of a firewall mark service, which has no address and any protocol; else 0. */
  fwmark: number
  protocol: number
  virtual: { address: Words; port: number }
  /** Where its answers come from; null if they pass the director by. */
  real: { address: Words; port: number } | null
}

const TCP = 6
/** Ports below need a privilege to bind (ip_unprivileged_port_start). */
const UNPRIVILEGED = 1024
/** Index scope of firewall mark services, by family: no IP protocol number. */
const MARK_SCOPE = 256
const SMALLEST = 16

export class ServiceTable {
  readonly destinations = new Destinations()
  private readonly random: () => number
  private readonly tuning: Readonly<Tuning>
  private readonly estimator = new Estimator(SMALLEST)
  private capacity = SMALLEST
  private slots: Service[] = []
  private readonly free: number[] = []
  /** In the order of the specs. */
  private order: Service[] = []
  private byId = new Map<number, Service>()
  private readonly index = new AddressIndex()
  /** Deleted services whose destinations are still held: their keys lead back to their slots. */
  private readonly retired = new AddressIndex()
  /** By protocol and port: real servers whose answers are translated or may be. Made when it is first asked. */
  private reals: AddressIndex | null = null
  private readonly key = new Int32Array(4)
  private readonly mark = new Int32Array(4)
  /** Some service is persistent by an engine. */
  anyEngine = false
  private anyFtp = false
  private anyPortZero = false

  /** `random` answers in [0, 2^32); `tuning` is read whenever it matters. */
  constructor(random: () => number, tuning: Readonly<Tuning> = USUAL) {
    this.random = random
    this.tuning = tuning
  }

  install(specs: readonly ServiceSpec[]): void {
    this.reals = null
    const before = this.byId
    this.byId = new Map()
    const wanted = new Set(specs.map((spec) => spec.id))
    for (const service of this.order) if (!wanted.has(service.spec.id)) this.retire(service)
    this.order = specs.map((spec) => {
      const service = before.get(spec.id) ?? this.create(spec)
      service.sync(spec)
      this.byId.set(spec.id, service)
      return service
    })
    this.anyEngine = specs.some((spec) => spec.engine !== '')
    this.anyFtp = specs.some((spec) => spec.port === FTP)
    this.anyPortZero = specs.some((spec) => spec.port === 0 && spec.fwmark === 0)
  }

  /**
   * Slot of the service for a packet to the address `words[at..]` and `port`, or -1 (ip_vs_service_find): the exact
   * one; for TCP the address's FTP service, for its data connections; the address's service of port 0.
   */
  find(protocol: number, words: Int32Array, at: number, port: number): number {
    let slot = this.index.find(protocol, port, words, at)
    if (slot < 0 && this.anyFtp && protocol === TCP && (port === FTP_DATA || port >= UNPRIVILEGED))
      slot = this.index.find(TCP, FTP, words, at)
    if (slot < 0 && this.anyPortZero) slot = this.index.find(protocol, 0, words, at)
    return slot
  }

  /** Whether a real server by masq or tunnel has this address and port (ip_vs_has_real_service). */
  isReal(protocol: number, words: Int32Array, at: number, port: number): boolean {
    return this.realOf(protocol, words, at, port) >= 0
  }

  /** Its slot, -1 if there is none. */
  realOf(protocol: number, words: Int32Array, at: number, port: number): number {
    this.reals ??= this.indexReals()
    return this.reals.find(protocol, port, words, at)
  }

  private indexReals(): AddressIndex {
    const index = new AddressIndex()
    const { port, method, words } = this.destinations
    for (const { spec, list, count } of this.order)
      for (const slot of list.subarray(0, count))
        if (method[slot] === Method.masq || method[slot] === Method.tunnel)
          index.set(spec.protocol, port[slot], words, slot * 4, slot)
    return index
  }

  /** All services, in the order of the installed specs. */
  get all(): readonly Service[] {
    return this.order
  }

  /** Slot of the firewall mark's service of that family, or -1. Looked up before `find`. */
  findMark(fwmark: number, family: number): number {
    this.mark[3] = fwmark
    return this.index.find(MARK_SCOPE, family, this.mark, 0)
  }

  get(slot: number): Service {
    return this.slots[slot]
  }

  /** The service's own choice for a new connection: a destination slot, or -1. */
  schedule(slot: number, packet: Packet, nowMs: number): number {
    return this.slots[slot].schedule(packet, nowMs)
  }

  /**
   * The destination slot of a service by the address and port that a connection has, or -1: to bind connections again
   * after a restart. A destination of port 0 answers to any port (ip_vs_find_dest); of a service for many ports
   * every one does, since the client's port is kept.
   */
  resolve(service: number, words: Int32Array, at: number, port: number): number {
    const exact = this.destinations.find(service, words, at, port)
    const any = exact >= 0 ? exact : this.destinations.find(service, words, at, 0)
    if (any >= 0) return any
    const { spec, list, count } = this.slots[service]
    if (spec.port !== 0 && spec.port !== FTP) return -1
    return list.subarray(0, count).find((slot) => this.destinations.isAt(slot, words, at)) ?? -1
  }

  /** Do connections to this destination go on? Not once it is removed; false for -1. */
  alive(destination: number): boolean {
    return this.destinations.alive(destination)
  }

  /** A connection to this destination was made. */
  countConnection(destination: number): void {
    this.destinations.estimator.countConnection(destination)
    this.estimator.countConnection(this.destinations.service[destination])
  }

  /** A packet of `bytes` (IP length) towards this destination. Not counted for removed ones, as in ip_vs_in_stats. */
  countIn(destination: number, bytes: number): void {
    if (this.destinations.removed[destination] !== 0) return
    this.destinations.estimator.countIn(destination, bytes)
    this.estimator.countIn(this.destinations.service[destination], bytes)
  }

  /** A packet from this destination. */
  countOut(destination: number, bytes: number): void {
    if (this.destinations.removed[destination] !== 0) return
    this.destinations.estimator.countOut(destination, bytes)
    this.estimator.countOut(this.destinations.service[destination], bytes)
  }

  /** What was counted for a destination elsewhere: packets in and out, bytes in and out (counter 0 to 3). */
  addTraffic(destination: number, counter: number, change: number): void {
    this.destinations.estimator.add(destination, counter, change)
    this.estimator.add(this.destinations.service[destination], counter, change)
  }

  /** To be called every TICK_MS: exported counters and rates are those of the last tick that estimates. */
  tick(estimates = true): void {
    if (estimates) this.estimator.tick(this.slots.length)
    for (const destination of this.destinations.tick(estimates)) this.letGo(this.destinations.service[destination])
  }

  /** `ipvsadm -Z`: counters of this service (by id) and its destinations start again from zero; null: of all. */
  zero(id: number | null): void {
    for (const service of this.order) {
      if (id !== null && service.spec.id !== id) continue
      this.estimator.zero(service.slot)
      for (let i = 0; i < service.count; i++) this.destinations.estimator.zero(service.list[i])
    }
  }

  /** Removed destinations that connections still use, of services removed or not. */
  lingering(): Lingering[] {
    const { destinations } = this
    return destinations.lingering().map((slot) => {
      const { spec } = this.slots[destinations.service[slot]]
      const [a, b, c, d] = destinations.words.subarray(slot * 4, slot * 4 + 4)
      const { family, fwmark, protocol, address, port } = spec
      const isMasq = destinations.method[slot] === Method.masq
      const real = isMasq ? { address: [a, b, c, d] as const, port: destinations.port[slot] || port } : null
      return { family, fwmark, protocol, virtual: { address, port }, real }
    })
  }

  /** Of all services there were. */
  totals(): Totals {
    return this.estimator.totals()
  }

  /** In the order of the installed specs. */
  view(): ServiceCounters[] {
    return this.order.map((service) => ({
      id: service.spec.id,
      traffic: this.estimator.view(service.slot),
      destinations: Array.from(service.list.subarray(0, service.count), (slot) => this.viewDestination(slot)),
    }))
  }

  private viewDestination(slot: number): DestinationCounters {
    const { id, active, inactive, persistent, estimator } = this.destinations
    return {
      id: id[slot],
      active: active[slot],
      inactive: inactive[slot],
      persistent: persistent[slot],
      traffic: estimator.view(slot),
    }
  }

  private create(spec: ServiceSpec): Service {
    const scope = this.loadKey(spec)
    const port = portOf(spec)
    const slot = this.reclaim(scope, port) ?? this.free.pop() ?? this.slots.length
    if (slot >= this.capacity) {
      this.capacity *= 2
      this.estimator.grow(this.capacity)
    }
    this.estimator.clear(slot)
    this.destinations.zeroRemoved(slot)
    this.index.set(scope, port, this.key, 0, slot)
    const service = new Service(slot, spec, this.destinations, this.random, this.tuning)
    this.slots[slot] = service
    return service
  }

  /** The slot that a deleted service of the same key left behind, if its destinations are still held. */
  private reclaim(scope: number, port: number): number | undefined {
    const slot = this.retired.find(scope, port, this.key, 0)
    if (slot < 0) return undefined
    this.retired.delete(scope, port, this.key, 0)
    return slot
  }

  private retire(service: Service): void {
    service.close()
    const scope = this.loadKey(service.spec)
    const port = portOf(service.spec)
    this.index.delete(scope, port, this.key, 0)
    if (this.destinations.holds(service.slot)) this.retired.set(scope, port, this.key, 0, service.slot)
    else this.free.push(service.slot)
  }

  /** The last held destination of a deleted service is given up. */
  private letGo(slot: number): void {
    if (this.destinations.holds(slot)) return
    const { spec } = this.slots[slot]
    if (this.reclaim(this.loadKey(spec), portOf(spec)) === slot) this.free.push(slot)
  }

  /** Puts the address part of a service's key into `key`, and answers its scope. */
  private loadKey(spec: ServiceSpec): number {
    if (spec.fwmark === 0) {
      this.key.set(spec.address)
      return spec.protocol
    }
    this.key.fill(0)
    this.key[3] = spec.fwmark
    return MARK_SCOPE
  }
}

const portOf = (spec: ServiceSpec): number => (spec.fwmark === 0 ? spec.port : spec.family)
