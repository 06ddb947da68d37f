/**
 * The packet engine: a forwarding table and packets in, packets out.
 *
 * One object for a data path in one thread. It promises what pipeline.ts promises for each packet, that `install` never
 * disturbs a running connection, and that the connections in the memory it is given outlive it. It does no I/O and
 * reads no clock: time (milliseconds of CLOCK_MONOTONIC) and randomness come in.
 */

import { toTick } from '../conn/record.js'
import { ConnectionTable, type TableSeed } from '../conn/table.js'
import { Timers } from '../conn/timers.js'
import { REASONS } from '../failure/reason.js'
import type { Packet } from '../io/port.js'
import { NatPacket } from '../nat/packet.js'
import { PortAllocator, type SourceUse } from '../nat/ports.js'
import { SourceSelector } from '../nat/source.js'
import { NatChains } from '../nat/walk.js'
import { ServiceTable } from '../service/table.js'
import { Connections } from './connections.js'
import type {
  AdoptCounts,
  ConnectionView,
  DataPlaneStatus,
  DuePage,
  Lingering,
  RuleCounters,
  ServiceCarrier,
  ServiceCounters,
  SyncEntry,
} from './data-plane.js'
import { DropRing } from './drop-ring.js'
import { Events } from './events.js'
import { Expectations } from './expectations.js'
import { Explainer } from './explain.js'
import type { Asked, DropView, Explanation } from './explanation.js'
import { HalfOpen } from './half-open.js'
import { CONFIG_INDEX_VERSION } from './kernel-layout.js'
import type { KernelMemory } from './kernel-memory.js'
import { KernelSide } from './kernel-side.js'
import { type ConnectionPage, type ConnectionText, page, pageText } from './listing.js'
import { Overload } from './overload.js'
import { Persistence } from './persistence.js'
import { Pipeline } from './pipeline.js'
import { Reassembly } from './reassembly/reassembly.js'
import { Removed } from './removed.js'
import { Repair } from './repair.js'
import { SyncAdopt } from './sync-adopt.js'
import { SyncDue } from './sync-due.js'
import { type EngineSettings, type ForwardingTable, NO_SETTINGS } from './table.js'

export interface EngineOptions {
  /** The ring packets live in. */
  view: DataView
  /** Hops the port itself takes off each packet (PacketPort.hops). */
  hops: number
  /** Sends a packet that lies in the ring (PacketPort.transmit): for all that `handle` makes of one but does not return. */
  transmit: (packet: Packet) => void
  /** `bytesFor(capacity)` bytes; connections found in it are taken over at the first install. */
  memory: ArrayBufferLike
  capacity: number
  seed: TableSeed
  /** In [0, 2^32). */
  random: () => number
  nowMs: number
  /** Shared with a program in the kernel that carries packets too; null: this engine carries them all. */
  kernel: KernelMemory | null
}

const ESTIMATE_MS = 2000
/** In one answer. */
const FAILURES_MOST = 1000
/** Timer entries looked at in one tick: bounds the pause it makes. */
const TIMER_BUDGET = 20_000

export class Engine {
  readonly events = new Events()
  readonly ports: PortAllocator
  private readonly table: ConnectionTable
  private readonly connectionsOf: Connections
  private readonly servicesOf: ServiceTable
  private readonly selector: SourceSelector
  private readonly pipeline: Pipeline
  private readonly reassembly: Reassembly
  readonly kernel: KernelSide | null
  private readonly drops = new Float64Array(REASONS.length)
  /** Those of the table that runs: one object, which everybody reads. */
  private readonly settings: EngineSettings = { ...NO_SETTINGS }
  private readonly dropped = new DropRing()
  private readonly explainer: Explainer
  private readonly overload: Overload
  private readonly removed: Removed
  private readonly syncDue: SyncDue
  private readonly syncAdopt: SyncAdopt
  private adopted = false
  private nextEstimateMs: number

  constructor(options: EngineOptions) {
    const { view, hops, transmit, random, nowMs } = options
    this.table = new ConnectionTable(options.memory, options.capacity, options.seed, sharedIndex(options.kernel))
    this.servicesOf = new ServiceTable(random, this.settings)
    this.ports = new PortAllocator(random)
    const timers = new Timers(this.table, toTick(nowMs))
    const ended = options.kernel?.ended ?? null
    this.connectionsOf = new Connections(this.table, timers, this.servicesOf, this.ports, this.settings, ended)
    this.overload = new Overload(this.settings, this.connectionsOf, random, nowMs)
    this.removed = new Removed(this.connectionsOf, this.servicesOf)
    this.syncDue = new SyncDue(this.table, this.settings)
    this.syncAdopt = new SyncAdopt(this.connectionsOf, this.servicesOf, this.ports, this.syncDue, this.settings)
    this.selector = new SourceSelector(this.ports, this.connectionsOf, random)
    const { destinations } = this.servicesOf
    const expectations = new Expectations(this.connectionsOf, destinations, timers, this.ports)
    this.reassembly = new Reassembly(view, this.drops, random)
    const nat = new NatPacket()
    this.connectionsOf.failed = (base, reason, nowTick) =>
      this.dropped.noteConnection(reason, this.table.words, base, nowTick)
    const halfOpen = new HalfOpen(this.connectionsOf, this.drops, this.events)
    this.kernel =
      options.kernel &&
      new KernelSide(options.kernel, this.servicesOf, this.connectionsOf, this.settings, nat, this.ports, halfOpen)
    const persistence = new Persistence(view, this.table, timers, this.servicesOf, this.settings)
    this.explainer = new Explainer({
      table: this.table,
      services: this.servicesOf,
      selector: this.selector,
      persistence,
      settings: this.settings,
      dropped: this.dropped,
    })
    const parts = {
      kernel: this.kernel,
      view,
      hops,
      transmit,
      random,
      nat,
      selector: this.selector,
      repair: new Repair(view, this.table, this.connectionsOf.memory),
      connections: this.connectionsOf,
      halfOpen,
      persistence,
      services: this.servicesOf,
      settings: this.settings,
      overload: this.overload,
      drops: this.drops,
      dropped: this.dropped,
      reassembly: this.reassembly,
      expectations,
      events: this.events,
    }
    this.pipeline = new Pipeline(parts, new NatChains([], []), new NatChains([], []))
    this.nextEstimateMs = nowMs + ESTIMATE_MS
  }

  /** What is read at random for each packet, besides the connections' own memory. */
  get indexMemory(): ArrayBuffer {
    return this.table.indexMemory
  }

  /** Runs this table from the next packet on. */
  install(table: ForwardingTable, nowMs: number): void {
    this.kernel?.pause()
    const { destinations } = this.servicesOf
    const removals = destinations.removals
    this.servicesOf.install(table.services)
    const { nat, mangle, addresses } = table
    const [marks, chains] = [mangle, nat].map(({ v4, v6 }) => new NatChains(v4, v6, addresses))
    marks.setCounters(this.pipeline.marks.counters())
    chains.setCounters(this.pipeline.chains.counters())
    this.pipeline.setChains(marks, chains)
    this.connectionsOf.aging.setTimeouts(table.timeouts)
    Object.assign(this.settings, table.settings)
    this.overload.reset()
    if (this.adopted) this.connectionsOf.bindOrphans()
    else this.adopt(nowMs)
    if (this.settings.expireNoDestination && destinations.removals > removals) this.removed.begin()
    this.kernel?.installed(marks, chains, rulesIn(table), nowMs)
  }

  private adopt(nowMs: number): void {
    this.kernel?.forget()
    this.connectionsOf.adopt(toTick(nowMs))
    this.adopted = true
  }

  /** True: send the packet as it now is. False: nothing (more) to send. */
  handle(packet: Packet, nowMs: number): boolean {
    return this.pipeline.handle(packet, nowMs)
  }

  /** Up to BURST packets, each in a slot of its own; goes to `transmit` what is to be sent. Their memory is waited for once. */
  handleBurst(packets: readonly Packet[], count: number, nowMs: number): void {
    this.pipeline.handleBurst(packets, count, nowMs)
  }

  /** The same for a copy of an ICMP error, which the host has too: false if it is none of ours. */
  handleCopy(packet: Packet, nowMs: number): boolean {
    return this.pipeline.handleCopy(packet, nowMs)
  }

  /** Call a few times a second, also without traffic. False: more is due, call again soon. */
  tick(nowMs: number): boolean {
    const offered = this.kernel === null || this.kernel.tick(nowMs)
    while (nowMs >= this.nextEstimateMs) {
      this.kernel?.estimate()
      this.servicesOf.tick(this.settings.estimates)
      this.nextEstimateMs += ESTIMATE_MS
    }
    this.reassembly.expire(toTick(nowMs))
    this.overload.tick(nowMs)
    const gone = this.removed.advance(TIMER_BUDGET)
    return this.connectionsOf.advance(toTick(nowMs), TIMER_BUDGET) && gone && offered
  }

  /** Nothing is there that a tick would end soon. */
  get isIdle(): boolean {
    return this.table.size === 0 && this.reassembly.held.datagrams === 0 && this.kernel === null
  }

  /** Between ticks, while it says true: the program in the kernel makes connections. */
  pulse(nowMs: number): boolean {
    return this.kernel?.pulse(nowMs) ?? false
  }

  excludePorts(tcp: Uint32Array, udp: Uint32Array): void {
    this.ports.exclude(tcp, udp)
    this.kernel?.books.setBlocked(tcp, udp)
  }

  services(): ServiceCounters[] {
    this.kernel?.collect()
    return this.servicesOf.view()
  }

  lingering(): Lingering[] {
    this.kernel?.collect()
    return this.servicesOf.lingering()
  }

  zeroService(id: number | null): void {
    this.servicesOf.zero(id)
  }

  rules(): RuleCounters[] {
    this.kernel?.collect()
    return [...this.pipeline.marks.counters(), ...this.pipeline.chains.counters()]
  }

  setRuleCounters(counters: RuleCounters[]): void {
    this.pipeline.marks.setCounters(counters)
    this.pipeline.chains.setCounters(counters)
  }

  /** Every connection, however long that takes. */
  connections(nowMs: number): ConnectionView[] {
    const views: ConnectionView[] = []
    for (let from = 0; from >= 0; ) {
      const { views: more, next } = this.connectionPage(from, nowMs)
      views.push(...more)
      from = next
    }
    return views
  }

  /** A part of them, from handle `from` on, 0 for the first. */
  connectionPage(from: number, nowMs: number): ConnectionPage {
    this.kernel?.collect()
    return page(this.table, from, toTick(nowMs))
  }

  /** The same as JSON: the views of a whole table are too much to be copied one by one from thread to thread. */
  connectionText(from: number, nowMs: number): ConnectionText {
    this.kernel?.collect()
    return pageText(this.table, from, toTick(nowMs))
  }

  /** Fragments that wait for others. */
  fragments(): { datagrams: number; bytes: number } {
    return this.reassembly.held
  }

  /** What is done with such a packet, and why; nothing changes by it. */
  explain(asked: Asked, nowMs: number): Explanation {
    this.kernel?.collect()
    return this.explainer.explain(asked, this.pipeline, nowMs)
  }

  /** Packets dropped in the last `lastMs`, the latest first. */
  failures(lastMs: number, nowMs: number): DropView[] {
    return this.dropped.view(null, 0, toTick(nowMs), lastMs, FAILURES_MOST)
  }

  /** Where each service runs, in the order of the table. */
  carriers(): ServiceCarrier[] {
    const { kernel } = this
    const device = 'every packet goes through the TUN device'
    return this.servicesOf.all.map(({ spec: { id } }) =>
      kernel === null
        ? { id, opening: device, established: device }
        : { id, opening: kernel.services.reasonOf(id), established: kernel.services.obstacleOf(id) },
    )
  }

  /** Source ports in use. */
  pools(): SourceUse[] {
    this.kernel?.collect()
    return this.ports.sources()
  }

  /** What other directors are to be told of, from handle `from` on, 0 for the first; it counts as told. */
  dueConnections(from: number): DuePage {
    this.kernel?.collect()
    return this.syncDue.page(from)
  }

  /** Nobody could be told of these. */
  retellConnections(handles: readonly number[]): void {
    this.syncDue.retell(handles)
  }

  /** Another director's connections. */
  adoptConnections(entries: readonly SyncEntry[], nowMs: number): AdoptCounts {
    this.kernel?.collect()
    return this.syncAdopt.adopt(entries, toTick(nowMs))
  }

  /** All but what the port counts. */
  status(): Omit<DataPlaneStatus, 'received' | 'sent'> {
    this.kernel?.collect()
    const drops = Object.fromEntries(REASONS.map((name, i) => [name, this.drops[i]] as const).filter(([, n]) => n > 0))
    const earlyPorts = this.selector.earlyPorts + (this.kernel?.earlyPorts ?? 0)
    const { size, capacity } = this.table
    this.kernel?.estimate()
    const traffic = this.servicesOf.totals()
    const inKernel = this.kernel ? { ...this.kernel.books.carried } : { packets: 0, bytes: 0 }
    return {
      connections: size,
      capacity,
      ports: this.ports.used,
      traffic,
      inKernel,
      toHost: this.pipeline.toHost,
      earlyPorts,
      drops,
    }
  }
}

const sharedIndex = (kernel: KernelMemory | null) =>
  kernel && { memory: kernel.tuples, version: new Int32Array(kernel.config, CONFIG_INDEX_VERSION * 4, 1) }

const rulesIn = ({ nat, mangle }: ForwardingTable): number =>
  [nat.v4, nat.v6, mangle.v4, mangle.v6].flat().reduce((sum, { rules }) => sum + rules.length, 0)
