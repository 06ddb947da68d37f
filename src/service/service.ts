/**
 * Services and destinations as the data path sees them.
 *
 * Compiled specs come in (ServiceSpec), run-time objects live on across installs: a destination keeps its slot,
 * counters and connections as long as its id lives. This layer promises O(1) lookup at any number of services and
 * the kernel's own choice for every deterministic scheduler. It never reads a clock and never touches a packet.
 */
import type { Words } from '../address/words.js'
import type { Destinations } from './destination.js'
import { schedulers } from './schedulers/registry.js'
import type { Packet, Scheduler } from './schedulers/scheduler.js'
import type { Turns } from './turns.js'

/** Forwarding method numbers, as in IPVS (linux/ip_vs.h, IP_VS_CONN_F_FWD_MASK). */
export const Method = { masq: 0, local: 1, tunnel: 2, gate: 3 } as const

/** Kinds of tunnel and its checksum options, as in IPVS (IP_VS_CONN_F_TUNNEL_TYPE_*, IP_VS_TUNNEL_ENCAP_FLAG_*). */
export const TunnelType = { ipip: 0, gue: 1, gre: 2 } as const
export const TunnelChecksum = { nocsum: 0, csum: 1, remcsum: 2 } as const

/** The port of a service whose clients and servers open further connections (ip_vs_ftp.c); that it sends data from. */
export const FTP = 21
export const FTP_DATA = 20

export interface TunnelSpec {
  type: number
  /** GUE's UDP port, else 0. */
  port: number
  checksum: number
}

export interface DestinationSpec {
  id: number
  family: 4 | 6
  address: Words
  /** 0: keep the port the client used. */
  port: number
  method: number
  weight: number
  upperThreshold: number
  lowerThreshold: number
  /** Without weight it loses its persistent clients, too. */
  forgets: boolean
  /** Interface towards it and that interface's primary address, for MASQUERADE and `-o`; '' and null if no route. */
  outInterface: string
  outAddress: Words | null
  /** The longest packet that the way to it takes. */
  mtu: number
  /** Its address is the director's own. */
  local: boolean
  tunnel: TunnelSpec
}

export interface ServiceSpec {
  id: number
  family: 4 | 6
  protocol: number
  address: Words
  port: number
  fwmark: number
  scheduler: string
  schedulerFlags: number
  persistenceMs: number
  persistenceMask: number
  /** Persistence engine: templates are found by what it reads in a packet, not by the client; '' for none. */
  engine: string
  onePacket: boolean
  /** Newest first: the kernel's list order, which every scheduler walks. */
  destinations: DestinationSpec[]
}

/** What administrators set for schedulers (net.ipv4.vs). */
export interface Tuning {
  lblcExpirationMs: number
  lblcrExpirationMs: number
}

/** As a kernel begins. */
export const USUAL: Readonly<Tuning> = { lblcExpirationMs: 86_400_000, lblcrExpirationMs: 86_400_000 }

/** One service at run time: its destinations in list order, and its scheduler with whatever that remembers. */
export class Service {
  readonly slot: number
  readonly destinations: Destinations
  /** In [0, 2^32). */
  readonly random: () => number
  readonly tuning: Readonly<Tuning>
  spec: ServiceSpec
  /** Destination slots, newest first: the first `count` entries. */
  list = new Int32Array(4)
  count = 0
  /** Its scheduler's round, while somebody else takes turns as well. */
  turns: Turns | null = null
  private scheduler: Scheduler
  /** A packet from nobody to the service. */
  private readonly nobodys: Packet

  /** Begins without destinations, as a service does in the kernel; `sync` adds them. */
  constructor(
    slot: number,
    spec: ServiceSpec,
    destinations: Destinations,
    random: () => number,
    tuning: Readonly<Tuning>,
  ) {
    this.slot = slot
    this.spec = { ...spec, destinations: [] }
    this.destinations = destinations
    this.random = random
    this.tuning = tuning
    this.nobodys = { words: Int32Array.of(0, 0, 0, 0, ...spec.address), sourcePort: 0 }
    this.scheduler = this.bind()
  }

  /** Takes the spec's options and destinations over, telling the scheduler of each step as the kernel would. */
  sync(spec: ServiceSpec): void {
    this.catchUp()
    const rebind = spec.scheduler !== this.spec.scheduler
    this.spec = spec
    if (rebind) {
      this.scheduler.close()
      this.scheduler = this.bind()
    }
    if (!this.updateAll(spec.destinations)) this.replace(spec.destinations)
  }

  /** The service was deleted: nothing is left but what its destinations' connections hold. */
  close(): void {
    this.scheduler.close()
    for (let i = 0; i < this.count; i++) this.destinations.remove(this.list[i])
    this.count = 0
  }

  /** The destination slot for a new connection, -1: none may take it. */
  schedule(packet: Packet, nowMs: number): number {
    if (this.turns !== null) {
      this.catchUp()
      this.turns.take()
    }
    return this.scheduler.schedule(packet, nowMs)
  }

  /** What `schedule` would choose now. Nothing changes by it. */
  peek(packet: Packet, nowMs: number): number {
    this.catchUp()
    return this.scheduler.peek(packet, nowMs)
  }

  /** How choices can be made before a client comes (Ahead). */
  get ahead(): number {
    return this.scheduler.ahead
  }

  /** Of Ahead.round and Ahead.source: Scheduler.round. */
  round(choices: Int32Array): number {
    this.catchUp()
    return this.scheduler.round(choices)
  }

  /** Of Ahead.counts: as many choices as `choices` has room for, as if each of them made an active connection. */
  foresee(choices: Int32Array): void {
    const { destinations, scheduler } = this
    for (let i = 0; i < choices.length; i++) {
      const slot = scheduler.schedule(this.nobodys, 0)
      choices[i] = slot
      if (slot < 0) continue
      destinations.opened(slot)
      destinations.activate(slot)
    }
    for (const slot of choices) {
      if (slot < 0) continue
      destinations.deactivate(slot)
      destinations.closed(slot)
    }
  }

  /** The scheduler makes the choices that were made elsewhere. */
  private catchUp(): void {
    if (this.turns === null) return
    for (let n = this.turns.behind(); n > 0; n--) this.scheduler.schedule(this.nobodys, 0)
  }

  private bind(): Scheduler {
    return new schedulers[this.spec.scheduler](this)
  }

  /** The usual case, the same destinations in the same order: edits only. False if they are others. */
  private updateAll(specs: readonly DestinationSpec[]): boolean {
    const { list, destinations } = this
    if (specs.length !== this.count) return false
    for (let i = 0; i < specs.length; i++) if (destinations.id[list[i]] !== specs[i].id) return false
    for (let i = 0; i < specs.length; i++) this.update(list[i], specs[i])
    return true
  }

  /** Removes what is gone, edits what stayed, adds what is new, oldest first. */
  private replace(specs: readonly DestinationSpec[]): void {
    const wanted = new Map(specs.map((spec) => [spec.id, spec]))
    for (let i = this.count - 1; i >= 0; i--) if (!wanted.has(this.destinations.id[this.list[i]])) this.remove(i)
    for (let i = 0; i < this.count; i++) {
      const id = this.destinations.id[this.list[i]]
      this.update(this.list[i], wanted.get(id)!)
      wanted.delete(id)
    }
    for (const spec of [...wanted.values()].reverse()) this.add(spec)
  }

  private add(spec: DestinationSpec): void {
    const slot = this.destinations.add(this.slot, spec)
    if (this.count === this.list.length) {
      const longer = new Int32Array(this.count * 2)
      longer.set(this.list)
      this.list = longer
    }
    this.list.copyWithin(1, 0, this.count)
    this.list[0] = slot
    this.count++
    this.scheduler.added()
  }

  private remove(position: number): void {
    this.destinations.remove(this.list[position])
    this.list.copyWithin(position, position + 1, this.count)
    this.count--
    this.scheduler.removed(position)
  }

  private update(slot: number, spec: DestinationSpec): void {
    if (this.destinations.update(slot, spec)) this.scheduler.edited()
  }
}
