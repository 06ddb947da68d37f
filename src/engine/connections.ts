/**
 * The life of a connection: opened towards a destination, moved through its states by packets, ended by its timer.
 *
 * Keeps four books in step: the table, the timers, ActiveConn and InActConn of destinations, and the source ports.
 * It decides nothing about where a packet goes, and reads no clock: ticks come in.
 */
import { familyOf } from '../address/words.js'
import * as record from '../conn/record.js'
import { SctpState } from '../conn/sctp.js'
import type { ConnectionTable } from '../conn/table.js'
import { TcpState } from '../conn/tcp.js'
import type { Timers } from '../conn/timers.js'
import { isPast, TupleMemory } from '../conn/tuple-memory.js'
import { Reason } from '../failure/reason.js'
import type { PortAllocator } from '../nat/ports.js'
import { Outcome, type Source, type TupleLookup } from '../nat/source.js'
import { FTP, Method } from '../service/service.js'
import type { ServiceTable } from '../service/table.js'
import { type Frame, Protocol } from '../wire/frame.js'
import { Aging } from './aging.js'
import { hasApplication } from './application/ports.js'
import { isHalfOpen } from './half-open.js'
import { isSettled } from './repair.js'
import type { EngineSettings } from './table.js'

const { Flag } = record
const COLD_AND_POOLED = Flag.cold | Flag.pooled
const MAX_PACKETS = 0x7fffffff
/** A template whose time is up is looked at again after this while connections need it (ip_vs_conn_expire). */
const LINGER = record.ticksOf(60_000)
/** A new connection without a state. */
const FIRST = record.ticksOf(3_000)

export class Connections implements TupleLookup {
  readonly table: ConnectionTable
  /** What servers may still know of connections that have ended here. */
  readonly memory: TupleMemory
  readonly aging: Aging
  private readonly settings: EngineSettings
  private readonly timers: Timers
  private readonly services: ServiceTable
  private readonly ports: PortAllocator
  private readonly words: Int32Array
  /** Connections taken over whose real server is not here (yet). */
  private orphans = 0
  /** Connections that are foretold and have not begun. */
  expected = 0
  /** Hears of a connection (by its base) that ended without ever having been one. */
  failed: (base: number, reason: number, nowTick: number) => void = () => {}
  private now = 0
  /** The last one that ended because the program in the kernel took its port at the same moment. */
  yielded = -1
  private readonly end = (handle: number): void => this.expire(handle)

  constructor(
    table: ConnectionTable,
    timers: Timers,
    services: ServiceTable,
    ports: PortAllocator,
    settings: EngineSettings,
    ended: ArrayBuffer | null = null,
  ) {
    this.table = table
    this.memory = new TupleMemory(ended)
    this.aging = new Aging(table, timers, services)
    this.settings = settings
    this.timers = timers
    this.services = services
    this.ports = ports
    this.words = table.words
  }

  /** A new connection of the packet in `frame`; -1 when the table is full. The first `touch` sets state and timer. */
  open(frame: Frame, service: number, destination: number, realPort: number, source: Source, nowTick: number): number {
    const handle = this.table.allocate()
    if (handle < 0) return -1
    const { words } = this
    const base = this.table.base(handle)
    const { destinations } = this.services
    for (let i = 0; i < 8; i++) words[base + record.CLIENT + i] = frame.words[i]
    for (let i = 0; i < 4; i++) {
      words[base + record.REAL + i] = destinations.words[destination * 4 + i]
      words[base + record.SOURCE_ADDRESS + i] = source.address[i]
    }
    words[base + record.CLIENT_PORTS] = (frame.sourcePort << 16) | frame.destinationPort
    words[base + record.REAL_PORTS] = (realPort << 16) | source.port
    words[base + record.DESTINATION_SLOT] = destination
    words[base + record.SERVICE_SLOT] = service
    words[base + record.CREATED] = nowTick
    words[base + record.MARK] = this.services.get(service).spec.fwmark
    const flags =
      Flag.inactive | (source.pooled ? Flag.pooled : 0) | (source.outcome === Outcome.translated ? Flag.translated : 0)
    const method = destinations.method[destination]
    const past = method === Method.masq ? 0 : Flag.noOutput | record.metaOfMethod(method)
    const speaks = method === Method.masq && frame.protocol === Protocol.tcp && hasApplication(frame.destinationPort)
    this.table.publish(handle, frame.protocol | flags | past | (speaks ? Flag.application : 0))
    destinations.opened(destination)
    this.services.countConnection(destination)
    return handle
  }

  /**
   * One that the program in the kernel made, and those it made it in place of: from now on it is the engine's. `made` hears
   * of it, of its first packet's length, and whether it took its port early. Nothing happens if that is done.
   */
  adoptBorn(handle: number, made: (handle: number, length: number, early: boolean) => void): void {
    const { words } = this
    const base = this.table.base(handle)
    if ((words[base + record.META] & Flag.born) === 0) return
    const meta = Atomics.and(words, base + record.META, ~Flag.born)
    const [byRequest, byReply] = [record.SUPERSEDED_REQUEST, record.SUPERSEDED_REPLY].map((word) => words[base + word])
    const length = words[base + record.FIRST_LENGTH]
    words[base + record.SUPERSEDED_REQUEST] = words[base + record.SUPERSEDED_REPLY] = words[base + record.TOLD] = 0
    for (const old of [byRequest, byReply]) if (old > 0) this.supersede(old - 1, made)
    this.hold(words[base + record.DESTINATION_SLOT], meta)
    this.services.countConnection(words[base + record.DESTINATION_SLOT])
    if (meta & Flag.pooled) this.claimFrom(base, record.protocolOf(meta))
    this.table.adoptBorn(handle)
    this.timers.file(handle)
    made(handle, length, byReply > 0)
  }

  /** The port of a connection whose first packet is on its way: whatever else has it has not sent one. */
  private claimFrom(base: number, protocol: number): void {
    if (this.claimPort(base, protocol)) return
    const ref = this.table.find(protocol, this.words, base + record.REAL, this.words[base + record.REAL_PORTS])
    if (ref < 0) return
    this.yielded = ref >> 1
    this.close(ref >> 1)
    this.claimPort(base, protocol)
  }

  private supersede(handle: number, made: (handle: number, length: number, early: boolean) => void): void {
    this.adoptBorn(handle, made)
    if (this.words[this.table.base(handle) + record.META] & Flag.superseded) this.close(handle)
  }

  /** One packet of a connection: state, timer, counters. */
  touch(ref: number, frame: Frame, nowTick: number): void {
    const handle = ref >> 1
    const base = this.table.base(handle)
    const { words } = this
    const request = (ref & 1) === record.REQUEST
    if (request && words[base + record.IN_PACKETS] < MAX_PACKETS) words[base + record.IN_PACKETS]++
    this.count(ref, frame.length)
    this.aging.step(handle, base, request, frame, nowTick)
  }

  /** What goes to the real server, or comes from it: packets, and ICMP errors about them (handle_response_icmp). */
  count(ref: number, length: number): void {
    const destination = this.words[this.table.base(ref >> 1) + record.DESTINATION_SLOT]
    if (destination < 0) return
    if ((ref & 1) === record.REQUEST) this.services.countIn(destination, length)
    else this.services.countOut(destination, length)
  }

  /** A connection that no packet of its own has moved yet: it lives for a moment (ip_vs_conn_new). */
  await(handle: number, nowTick: number): void {
    this.timers.restart(this.table.base(handle), handle, nowTick, FIRST)
  }

  /** Whether answers pass the director by: what is about them goes where they come from, as it is. */
  isPast(ref: number): boolean {
    return record.methodOf(this.words[this.table.base(ref >> 1) + record.META]) !== Method.masq
  }

  /** The template keeps living while the connection does. */
  control(handle: number, template: number): void {
    this.words[this.table.base(handle) + record.CONTROL] = template + 1
    Atomics.add(this.words, this.table.base(template) + record.CONTROLLED, 1) // a program in the kernel counts, too
  }

  taken(protocol: number, words: Int32Array, at: number, ports: number): boolean {
    return this.table.find(protocol, words, at, ports) >= 0
  }

  /** Ends the connection that has this reply tuple if neither of its sides needs it any more; true if it did. */
  release(protocol: number, words: Int32Array, at: number, ports: number): boolean {
    const ref = this.table.find(protocol, words, at, ports)
    if (ref < 0 || (ref & 1) !== record.REPLY || !isSettled(this.table, ref >> 1)) return false
    this.close(ref >> 1)
    return true
  }

  /**
   * Whether a packet that asks for a new connection gets one, though this entry has its tuple: where the old one has ended,
   * or, with expire_nodest_conn, its real server takes no more (ip_vs_in_hook, is_new_conn_expected).
   */
  reusable(handle: number): boolean {
    const base = this.table.base(handle)
    if (this.words[base + record.CONTROLLED] > 0) return false
    const destination = this.words[base + record.DESTINATION_SLOT]
    const { expireNoDestination, reuseMode } = this.settings
    if (expireNoDestination && destination >= 0 && this.services.destinations.weight[destination] === 0) return true
    return reuseMode !== 0 && this.words[base + record.CONTROL] === 0 && this.hasEnded(base)
  }

  private hasEnded(base: number): boolean {
    const meta = this.words[base + record.META]
    const state = record.stateOf(meta)
    if ((meta & 0xff) === Protocol.sctp) return state === SctpState.closed
    if (state === TcpState.timeWait || state === TcpState.close) return true
    return (this.settings.reuseMode & 2) !== 0 && state === TcpState.finWait && (meta & Flag.noOutput) !== 0
  }

  /** Ends a connection now: books closed, port given back. */
  close(handle: number): void {
    const { words } = this
    const base = this.table.base(handle)
    const meta = words[base + record.META]
    const destination = words[base + record.DESTINATION_SLOT]
    const control = words[base + record.CONTROL]
    if (words[base + record.TIMER_TICK] !== 0) this.timers.cancel(handle)
    if (destination >= 0) this.leave(destination, meta)
    if (control > 0) Atomics.sub(words, this.table.base(control - 1) + record.CONTROLLED, 1)
    if (meta & Flag.pooled) this.givePort(base, record.protocolOf(meta))
    if (isExpected(meta)) this.expected--
    if ((meta & COLD_AND_POOLED) === COLD_AND_POOLED) this.remember(base, this.table.coldBase(handle))
    this.table.remove(handle)
  }

  private remember(base: number, cold: number): void {
    const { words } = this
    const end = words[cold + record.CLIENT_END]
    const last = (words[base + record.EXPIRES] - words[base + record.TIMEOUT]) | 0
    if (end === 0 || isPast(last, this.now)) return
    const stamp = words[cold + record.CLIENT_STAMP]
    this.memory.remember(words, base + record.REAL, words[base + record.REAL_PORTS], end, stamp, last)
  }

  /** Ends a connection that is to be forgotten early, and the template that nobody needs and nobody confirmed. */
  drop(handle: number): void {
    const control = this.words[this.table.base(handle) + record.CONTROL]
    this.close(handle)
    if (control === 0) return
    const base = this.table.base(control - 1)
    const meta = this.words[base + record.META]
    const kept = (meta & (record.TEMPLATE_KIND | Flag.assured)) === (record.TEMPLATE_KIND | Flag.assured)
    if (this.words[base + record.CONTROLLED] === 0 && !kept) this.drop(control - 1)
  }

  private leave(destination: number, meta: number): void {
    const { destinations } = this.services
    if (meta & record.TEMPLATE_KIND) {
      destinations.templateClosed(destination)
      return
    }
    if ((meta & Flag.inactive) === 0) destinations.deactivate(destination)
    destinations.closed(destination)
  }

  private expire(handle: number): void {
    const base = this.table.base(handle)
    const lingers = this.words[base + record.CONTROLLED] > 0
    if (lingers) this.timers.restart(base, handle, this.now, LINGER)
    else if (isHalfOpen(this.words[base + record.META])) this.failed(base, Reason.unanswered, this.now)
    if (!lingers) this.close(handle)
  }

  /** The timers of a part of the table, from handle `from` on: a program in the kernel has set them. Where to go on. */
  recheckTimers(from: number, count: number): number {
    const end = Math.min(from + count, this.table.end)
    for (let handle = this.table.next(from - 1, end); handle >= 0; handle = this.table.next(handle, end))
      this.timers.recheck(handle)
    return end < this.table.end ? end : 0
  }

  /** Ends what is due, at most `budget` entries looked at; false if more are due. */
  advance(nowTick: number, budget: number): boolean {
    this.now = nowTick
    return this.timers.advance(nowTick, budget, this.end)
  }

  /**
   * Takes over the connections of a process that died: those past their time or whose source port cannot be had
   * again are dropped, the others find their service and real server anew (or wait for them, slot -1).
   */
  adopt(nowTick: number): number {
    this.orphans = this.table.adopt((handle) => this.keep(this.table.base(handle), nowTick))
    const kept = this.orphans
    for (let handle = this.table.next(-1); handle >= 0; handle = this.table.next(handle)) {
      this.timers.file(handle)
      this.countControl(this.table.base(handle))
      if (isExpected(this.words[this.table.base(handle) + record.META])) this.expected++
    }
    this.bindOrphans()
    return kept
  }

  /** A template past its time is its timer's to judge: connections may need it. */
  private keep(base: number, nowTick: number): boolean {
    const { words } = this
    const meta = words[base + record.META]
    words[base + record.DESTINATION_SLOT] = -1
    if (meta & Flag.superseded) return false
    if (meta & Flag.born) words[base + record.TOLD] = 0
    words[base + record.META] = meta & ~Flag.born
    if (meta & record.TEMPLATE_KIND) return true
    if (((words[base + record.EXPIRES] - nowTick) | 0) <= 0) return false
    return (meta & Flag.pooled) === 0 || this.claimPort(base, record.protocolOf(meta))
  }

  /** What controlled it may not have been taken over: nobody does then. */
  private countControl(base: number): void {
    const { words } = this
    const control = words[base + record.CONTROL]
    if (control === 0) return
    const controller = this.table.base(control - 1)
    if (words[controller + record.META] & Flag.live) words[controller + record.CONTROLLED]++
    else words[base + record.CONTROL] = 0
  }

  /** Those taken over find their service and real server, as far as they are here by now. */
  bindOrphans(): void {
    if (this.orphans === 0) return
    this.orphans = 0
    for (let handle = this.table.next(-1); handle >= 0; handle = this.table.next(handle)) {
      const base = this.table.base(handle)
      if (this.words[base + record.DESTINATION_SLOT] < 0 && !this.bind(base)) this.orphans++
    }
  }

  private bind(base: number): boolean {
    const destination = this.locate(base)
    if (destination >= 0) this.hold(destination, this.words[base + record.META])
    return destination >= 0
  }

  /** Notes the record's service and real server by their addresses; the destination slot, -1 if they are not here. */
  locate(base: number): number {
    const { words } = this
    const service = this.serviceOf(base)
    const realPort = words[base + record.REAL_PORTS] >>> 16
    const destination = service < 0 ? -1 : this.services.resolve(service, words, base + record.REAL, realPort)
    words[base + record.SERVICE_SLOT] = service
    words[base + record.DESTINATION_SLOT] = destination
    return destination
  }

  private hold(destination: number, meta: number): void {
    const { destinations } = this.services
    if (meta & record.TEMPLATE_KIND) destinations.templateOpened(destination)
    else destinations.opened(destination)
    if ((meta & (record.TEMPLATE_KIND | Flag.inactive)) === 0) destinations.activate(destination)
  }

  /** A filled record whose service and real server `locate` has noted begins as a connection. */
  begin(handle: number, meta: number, nowTick: number, timeout: number): void {
    const base = this.table.base(handle)
    const destination = this.words[base + record.DESTINATION_SLOT]
    if (destination < 0) this.orphans++
    else this.hold(destination, meta)
    this.words[base + record.CREATED] = nowTick
    this.table.publish(handle, meta)
    this.timers.restart(base, handle, nowTick, timeout)
  }

  /** Another director has seen it in this state, with this long to live. */
  renew(handle: number, meta: number, nowTick: number, timeout: number): void {
    const base = this.table.base(handle)
    const { words } = this
    const changed = words[base + record.META] ^ meta
    const destination = words[base + record.DESTINATION_SLOT]
    words[base + record.META] = meta
    this.timers.restart(base, handle, nowTick, timeout)
    if (destination < 0 || (changed & Flag.inactive) === 0) return
    if (meta & Flag.inactive) this.services.destinations.deactivate(destination)
    else this.services.destinations.activate(destination)
  }

  /** A template of port 0 may be of its address's FTP service. */
  private serviceOf(base: number): number {
    const { words, services } = this
    const mark = words[base + record.MARK]
    if (mark !== 0) return services.findMark(mark, familyOf(words, base + record.CLIENT))
    const protocol = record.protocolOf(words[base + record.META])
    const port = words[base + record.CLIENT_PORTS] & 0xffff
    const service = services.find(protocol, words, base + record.VIRTUAL, port)
    return service < 0 && port === 0 ? services.find(protocol, words, base + record.VIRTUAL, FTP) : service
  }

  private givePort(base: number, protocol: number): void {
    const { words } = this
    const ports = words[base + record.REAL_PORTS]
    this.giveBack(words, base + record.SOURCE_ADDRESS, base + record.REAL, ports, protocol)
  }

  /** A source port that no connection has any more; `ports` is the real server's port << 16 | the source port. */
  giveBack(words: Int32Array, source: number, real: number, ports: number, protocol: number): void {
    this.ports.give(words, source, real, ports >>> 16, protocol, ports & 0xffff)
  }

  private claimPort(base: number, protocol: number): boolean {
    const { words } = this
    const ports = words[base + record.REAL_PORTS]
    const source = base + record.SOURCE_ADDRESS
    return this.ports.claim(words, source, base + record.REAL, ports >>> 16, protocol, ports & 0xffff)
  }
}

const isExpected = (meta: number): boolean => (meta & 0xff) === record.EXPECTED_TCP
