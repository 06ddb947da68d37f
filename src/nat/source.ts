/**
 * The source of a connection: what the walk decided, made into an address and a port no other connection has.
 *
 * Addresses of rules are pools: their ports come from the allocator. A client's own address is never a pool, for it
 * would cost a space for each client: there the connection table itself is asked, port by port. A pool of TCP that has no
 * free port left takes one from a connection that is over (in TIME_WAIT, both ends acknowledged), the oldest first.
 */
import { Protocol } from '../wire/frame.js'
import type { SourceSpec } from './chain.js'
import { CLIENT, type NatPacket, SERVER } from './packet.js'
import { firstPort, lastPort, mayKeep, type PortAllocator } from './ports.js'
import { advance, isSame, isWithin, pick } from './range.js'
import { Binding, type WalkResult } from './walk.js'

/** kept: the client's own address and port. dry: no port is free. drop: a rule or policy says so. */
export const Outcome = { kept: 0, translated: 1, dry: 2, drop: 3 } as const
export type Outcome = (typeof Outcome)[keyof typeof Outcome]

/** What `select` chose; one object per selector, overwritten by the next. */
export interface Source {
  outcome: Outcome
  /** Four words. */
  readonly address: Int32Array
  port: number
  /** The port is the allocator's and must be given back to it when the connection ends, or is not made. */
  pooled: boolean
  /** Another connection in TIME_WAIT had it. */
  early: boolean
  /** How the pool is named to people. */
  pool: string
}

/** Every connection there is, pooled or not. */
export interface TupleLookup {
  /**
   * Whether a connection has this reply tuple: the real server's words at `at`, the source address right behind
   * them; `ports` is the real server's port << 16 | the source port.
   */
  taken(protocol: number, words: Int32Array, at: number, ports: number): boolean
  /** Ends the connection that has this reply tuple if nobody needs it any more, its port given back; true if it did. */
  release(protocol: number, words: Int32Array, at: number, ports: number): boolean
}

const REPLY_SOURCE = 0
const REPLY_DESTINATION = 4
/** Connections looked at for one that is over, at one address and for one new connection. */
const TURNS_PER_ADDRESS = 64
const TURNS = 256
const OWN_ADDRESS = "the client's own address"

export class SourceSelector {
  private readonly allocator: PortAllocator
  private readonly lookup: TupleLookup
  private readonly random: () => number
  /** The packet the real server will answer with: its address, then the source address. */
  private readonly reply = new Int32Array(8)
  /** Where a round through a range of addresses began. */
  private readonly picked = new Int32Array(4)
  private readonly source: Source = {
    outcome: Outcome.drop,
    address: this.reply.subarray(REPLY_DESTINATION),
    port: 0,
    pooled: false,
    early: false,
    pool: '',
  }
  /** Ports that were taken from a connection in TIME_WAIT. */
  earlyPorts = 0
  private turns = 0
  private budget = TURNS
  private readonly space = new Int32Array(8)

  /** `random` answers in [0, 2^32). */
  constructor(allocator: PortAllocator, lookup: TupleLookup, random: () => number) {
    this.allocator = allocator
    this.lookup = lookup
    this.random = random
  }

  /** The result is reused: read it before the next call. */
  select(packet: NatPacket, walk: WalkResult): Source {
    for (let i = 0; i < 4; i++) this.reply[REPLY_SOURCE + i] = packet.words[SERVER + i]
    this.setAddress(packet.words, CLIENT)
    const spec = walk.source
    this.source.early = false
    this.source.pool = spec === null ? OWN_ADDRESS : spec.pool
    if (walk.kind === Binding.drop) return this.conclude(Outcome.drop, 0, false)
    if (spec === null) return this.own(packet, 0, 0, true)
    if (walk.kind === Binding.masquerade) return this.masquerade(packet, spec)
    if (spec.first === null) return this.own(packet, spec.firstPort, spec.lastPort, !spec.random)
    return this.pooled(packet, this.portOfRange(packet, spec))
  }

  /** What `select` would choose now, if it is to take no port from a connection in TIME_WAIT. Nothing is taken. */
  preview(packet: NatPacket, walk: WalkResult): Source {
    this.budget = 0
    const source = this.select(packet, walk)
    this.budget = TURNS
    if (!source.pooled || source.outcome === Outcome.dry) return source
    this.giveBack(packet, source.port)
    if (source.port !== packet.sourcePort && !walk.source!.random) this.stepBack(packet, walk.source!, source.port)
    return source
  }

  /** The next search finds `port` again. */
  private stepBack(
    { protocol, sourcePort, destinationPort }: NatPacket,
    { lastPort: to }: SourceSpec,
    port: number,
  ): void {
    for (let i = 0; i < 4; i++) {
      this.space[i] = this.reply[REPLY_DESTINATION + i]
      this.space[4 + i] = this.reply[REPLY_SOURCE + i]
    }
    this.allocator.setCursor(this.space, destinationPort, protocol, sourcePort, to, port)
  }

  /** Without an address on the way out netfilter drops (nf_nat_masquerade.c). */
  private masquerade(packet: NatPacket, spec: SourceSpec): Source {
    if (packet.outAddress === null) return this.conclude(Outcome.drop, 0, false)
    this.setAddress(packet.outAddress, 0)
    const port = this.portOfAddress(packet, spec)
    this.turns = this.budget
    return this.pooled(packet, port > 0 ? port : this.earlyPort(packet, spec))
  }

  private pooled(packet: NatPacket, port: number): Source {
    if (port < 0) return this.conclude(Outcome.dry, 0, false)
    return this.conclude(this.outcomeOf(packet, port), port, true)
  }

  private own(packet: NatPacket, from: number, to: number, keep: boolean): Source {
    const wanted = packet.sourcePort
    const own = keep && mayKeep(wanted, from, to) && !this.isTaken(packet, wanted)
    const port = own ? wanted : this.scan(packet, firstPort(wanted, from, to), lastPort(wanted, to))
    if (port < 0) return this.conclude(Outcome.dry, 0, false)
    return this.conclude(this.outcomeOf(packet, port), port, false)
  }

  /** Every port of the range once, from a random one on; -1 if all are taken. */
  private scan(packet: NatPacket, low: number, high: number): number {
    const size = high - low + 1
    const start = Math.floor((this.random() / 0x100000000) * size)
    for (let i = 0; i < size; i++) {
      const port = low + ((start + i) % size)
      if (!this.isTaken(packet, port)) return port
    }
    return -1
  }

  /**
   * A port at the address the client's hash picks; the other addresses in turn where that is dry, unless the rule
   * promises each client one address. A client that already lies in the range keeps its address if it can.
   */
  private portOfRange(packet: NatPacket, spec: SourceSpec): number {
    const first = spec.first!
    const last = spec.last!
    if (!spec.random && isWithin(packet.words, CLIENT, first, last) && this.takeOwn(packet, spec))
      return packet.sourcePort
    pick(this.reply, REPLY_DESTINATION, first, last, packet.words, CLIENT, SERVER, spec.persistent)
    const port = this.round(packet, spec, false)
    this.turns = this.budget
    return port > 0 ? port : this.round(packet, spec, true)
  }

  /** At the picked address, then at the others, until there is a port: a free one, or `early` that of an old connection. */
  private round(packet: NatPacket, spec: SourceSpec, early: boolean): number {
    for (let i = 0; i < 4; i++) this.picked[i] = this.reply[REPLY_DESTINATION + i]
    for (;;) {
      const port = early ? this.earlyPort(packet, spec) : this.portOfAddress(packet, spec)
      if (port > 0 || spec.persistent) return port
      advance(this.reply, REPLY_DESTINATION, spec.first!, spec.last!)
      if (isSame(this.reply, REPLY_DESTINATION, this.picked, 0)) return -1
    }
  }

  /** Of the dry pool at the address: the port of the oldest connection that is over, among those next in turn. */
  private earlyPort(packet: NatPacket, spec: SourceSpec): number {
    if (packet.protocol !== Protocol.tcp) return -1
    const { sourcePort, destinationPort, protocol } = packet
    const { firstPort: from, lastPort: to } = spec
    const { allocator, reply } = this
    for (let i = 0; i < TURNS_PER_ADDRESS && this.turns-- > 0; i++) {
      const old = allocator.turn(
        reply,
        REPLY_DESTINATION,
        REPLY_SOURCE,
        destinationPort,
        protocol,
        sourcePort,
        from,
        to,
      )
      if (!this.lookup.release(protocol, reply, REPLY_SOURCE, (destinationPort << 16) | old)) continue
      const port = this.portOfAddress(packet, spec)
      if (port < 0) continue // a socket of the host has it by now
      this.source.early = true
      this.earlyPorts++
      return port
    }
    return -1
  }

  private takeOwn(packet: NatPacket, spec: SourceSpec): boolean {
    const port = packet.sourcePort
    return mayKeep(port, spec.firstPort, spec.lastPort) && this.take(packet, port, port, port, true) > 0
  }

  private portOfAddress(packet: NatPacket, spec: SourceSpec): number {
    return this.take(packet, packet.sourcePort, spec.firstPort, spec.lastPort, !spec.random)
  }

  /**
   * From the allocator, but not what a connection has that the allocator does not know: one whose client's own
   * address is also a pool's. Such a port goes back and the allocator's cursor leads on, once round at most.
   */
  private take(packet: NatPacket, wanted: number, from: number, to: number, keep: boolean): number {
    let port = this.takeAny(packet, wanted, from, to, keep)
    const low = firstPort(wanted, from, to)
    const high = lastPort(wanted, to)
    for (let i = low; port > 0 && this.isTaken(packet, port); i++) {
      this.giveBack(packet, port)
      port = i > high ? -1 : this.takeAny(packet, 0, low, high, true)
    }
    return port
  }

  private takeAny(packet: NatPacket, wanted: number, from: number, to: number, keep: boolean): number {
    const { destinationPort, protocol } = packet
    const { allocator, reply } = this
    return allocator.take(reply, REPLY_DESTINATION, REPLY_SOURCE, destinationPort, protocol, wanted, from, to, keep)
  }

  private giveBack(packet: NatPacket, port: number): void {
    const { destinationPort, protocol } = packet
    this.allocator.give(this.reply, REPLY_DESTINATION, REPLY_SOURCE, destinationPort, protocol, port)
  }

  private isTaken(packet: NatPacket, port: number): boolean {
    return this.lookup.taken(packet.protocol, this.reply, REPLY_SOURCE, (packet.destinationPort << 16) | port)
  }

  private outcomeOf(packet: NatPacket, port: number): Outcome {
    const same = port === packet.sourcePort && isSame(this.reply, REPLY_DESTINATION, packet.words, CLIENT)
    return same ? Outcome.kept : Outcome.translated
  }

  private setAddress(words: ArrayLike<number>, at: number): void {
    for (let i = 0; i < 4; i++) this.reply[REPLY_DESTINATION + i] = words[at + i]
  }

  private conclude(outcome: Outcome, port: number, pooled: boolean): Source {
    this.source.outcome = outcome
    this.source.port = port
    this.source.pooled = pooled
    return this.source
  }
}
