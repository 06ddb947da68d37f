/**
 * Source ports, allocated exactly.
 *
 * A space is (protocol, source address, destination address, destination port): within one, no two connections may
 * have the same source port, since the reply could not tell them apart (net/netfilter/nf_nat_core.c,
 * nf_nat_used_tuple); different spaces are independent, so different real servers share a port. Promises: a port
 * that is free is found, in a fixed number of steps; a port that was given back is handed out again as late as
 * possible; a blocked port (a local socket's) is never handed out. Never does I/O, never reads a clock.
 *
 * Memory: 340 bytes a space and 136 bytes for each run of 1024 ports that has one in use. A thousand spaces measured
 * (bench/source-ports.ts): 0.5 MB with one port each, 7.2 MB with a hundred ports anywhere, 9 MB full. So never more
 * than 136 bytes a connection beside the spaces, and never more than 9 KB a space.
 */
import { format } from '../address/words.js'
import { Protocol } from '../wire/frame.js'
import { Blocked, PortBitmaps } from './bitmap.js'
import { BITMAP, CURSORS, DESTINATION, GENERATION, KIND, SOURCE, SpaceTable, USED } from './space.js'

/** Port classes of nf_nat_l4proto_unique_tuple, chosen by the client's port; the last cursor serves given ranges. */
const CLASS_FROM = [1, 600, 1024]
const CLASS_TO = [511, 1023, 65535]
const GIVEN = 3

export const classOf = (port: number): number => (port < 512 ? 0 : port < 1024 ? 1 : 2)
const cursorOf = (wanted: number, to: number): number => CURSORS + (to === 0 ? classOf(wanted) : GIVEN)
export const firstPort = (wanted: number, from: number, to: number): number =>
  to === 0 ? CLASS_FROM[classOf(wanted)] : Math.max(from, 1)
export const lastPort = (wanted: number, to: number): number => (to === 0 ? CLASS_TO[classOf(wanted)] : to)
/** Whether the client's own port satisfies the range; without a range any but 0 does. */
export const mayKeep = (wanted: number, from: number, to: number): boolean =>
  wanted > 0 && (to === 0 || (wanted >= from && wanted <= to))

/** A space as `forEachSpace` shows it; one object, overwritten by the next. */
export interface SpaceUse {
  /** Source at 0, destination at 4. */
  words: Int32Array
  protocol: number
  destinationPort: number
  used: number
}

/** All spaces of one source address. */
export interface SourceUse {
  address: string
  used: number
  spaces: number
  /** Ports in use in the space that has most: what runs dry first. */
  fullest: number
}

export class PortAllocator {
  private readonly random: () => number
  private readonly spaces = new SpaceTable()
  private readonly bitmaps = new PortBitmaps()
  private readonly blockedTcp = new Blocked()
  private readonly blockedUdp = new Blocked()
  private readonly blockedNone = new Blocked()
  /** Of the blocked ports; a space refreshed for an older one is refreshed when it is next used. */
  private generation = 1
  private total = 0

  /** `random` answers in [0, 2^32). */
  constructor(random: () => number) {
    this.random = random
  }

  /** Ports in use, over all spaces. */
  get used(): number {
    return this.total
  }

  get spaceCount(): number {
    return this.spaces.size
  }

  /** Memory held. */
  get bytes(): number {
    return this.spaces.bytes + this.bitmaps.bytes
  }

  /**
   * A free port of the space, now used; -1 if it is dry. `from`..`to` is the range given by the rule, 0 and 0 for
   * netfilter's class of `wanted`, the client's own port. `keep`: take `wanted` itself if it is free and satisfies
   * the range, else the next one after the last; without `keep` a random one.
   */
  take(
    words: Int32Array,
    sourceAt: number,
    destinationAt: number,
    destinationPort: number,
    protocol: number,
    wanted: number,
    from: number,
    to: number,
    keep: boolean,
  ): number {
    const blocked = this.blockedFor(protocol)
    const space = this.spaces.reach(words, sourceAt, destinationAt, destinationPort, protocol)
    const record = this.spaces.slab.block(space)
    const at = this.spaces.slab.at(space)
    this.refresh(record, at, blocked)
    const own = keep && mayKeep(wanted, from, to) && this.isFree(record, at, wanted, blocked)
    const port = own ? wanted : this.search(record, at, wanted, from, to, keep, blocked)
    if (port > 0) this.mark(space, record, at, port, blocked)
    return port
  }

  private blockedFor(protocol: number): Blocked {
    return protocol === Protocol.tcp ? this.blockedTcp : protocol === Protocol.udp ? this.blockedUdp : this.blockedNone
  }

  private refresh(record: Int32Array, at: number, blocked: Blocked): void {
    if (record[at + GENERATION] === this.generation) return
    this.bitmaps.refresh(record, at + BITMAP, blocked)
    record[at + GENERATION] = this.generation
  }

  private isFree(record: Int32Array, at: number, port: number, blocked: Blocked): boolean {
    return !blocked.has(port) && !this.bitmaps.used(record, at + BITMAP, port)
  }

  private search(
    record: Int32Array,
    at: number,
    wanted: number,
    from: number,
    to: number,
    keep: boolean,
    blocked: Blocked,
  ): number {
    const low = firstPort(wanted, from, to)
    const high = lastPort(wanted, to)
    const cursor = at + cursorOf(wanted, to)
    const start = this.startOf(keep ? record[cursor] : 0, low, high)
    const above = this.bitmaps.next(record, at + BITMAP, start, high, blocked)
    const port = above > 0 ? above : this.bitmaps.next(record, at + BITMAP, low, start - 1, blocked)
    if (keep && port > 0) record[cursor] = port + 1
    return port
  }

  /** Where a search begins that never began. */
  anywhere(low: number, high: number): number {
    return low + Math.floor((this.random() / 0x100000000) * (high - low + 1))
  }

  /** The cursor; a random port of the range where the cursor is not of this range (0: it is new). */
  private startOf(cursor: number, low: number, high: number): number {
    if (cursor === high + 1) return low
    if (cursor >= low && cursor <= high) return cursor
    return this.anywhere(low, high)
  }

  /**
   * The port under the cursor, which moves on. Of a dry space it is the one handed out longest ago, but for clients' own
   * ports that were kept.
   */
  turn(
    words: Int32Array,
    sourceAt: number,
    destinationAt: number,
    destinationPort: number,
    protocol: number,
    wanted: number,
    from: number,
    to: number,
  ): number {
    const space = this.spaces.reach(words, sourceAt, destinationAt, destinationPort, protocol)
    const record = this.spaces.slab.block(space)
    const cursor = this.spaces.slab.at(space) + cursorOf(wanted, to)
    const port = this.startOf(record[cursor], firstPort(wanted, from, to), lastPort(wanted, to))
    record[cursor] = port + 1
    return port
  }

  /** Where the next search for a client's port `wanted` begins; `words`: source, then destination. 0: anywhere. */
  cursor(words: Int32Array, destinationPort: number, protocol: number, wanted: number, to: number): number {
    const space = this.spaces.reach(words, 0, 4, destinationPort, protocol)
    return this.spaces.slab.block(space)[this.spaces.slab.at(space) + cursorOf(wanted, to)]
  }

  /** Somebody else has searched. */
  setCursor(
    words: Int32Array,
    destinationPort: number,
    protocol: number,
    wanted: number,
    to: number,
    next: number,
  ): void {
    const space = this.spaces.reach(words, 0, 4, destinationPort, protocol)
    this.spaces.slab.block(space)[this.spaces.slab.at(space) + cursorOf(wanted, to)] = next
  }

  private mark(space: number, record: Int32Array, at: number, port: number, blocked: Blocked): void {
    if (record[at + USED]++ === 0) this.spaces.busy(space)
    this.bitmaps.mark(record, at + BITMAP, port, blocked)
    this.total++
  }

  /** Gives a port back; false if it was not used. */
  give(
    words: Int32Array,
    sourceAt: number,
    destinationAt: number,
    destinationPort: number,
    protocol: number,
    port: number,
  ): boolean {
    const space = this.spaces.find(words, sourceAt, destinationAt, destinationPort, protocol)
    if (space === 0) return false
    const record = this.spaces.slab.block(space)
    const at = this.spaces.slab.at(space)
    if (!this.bitmaps.used(record, at + BITMAP, port)) return false
    this.bitmaps.clear(record, at + BITMAP, port, this.blockedFor(protocol))
    if (--record[at + USED] === 0) this.spaces.idle(space)
    this.total--
    return true
  }

  /** Marks the port of a connection that exists already (adopted after a restart), blocked or not; false if it is used. */
  claim(
    words: Int32Array,
    sourceAt: number,
    destinationAt: number,
    destinationPort: number,
    protocol: number,
    port: number,
  ): boolean {
    if (port <= 0 || port > 65535) return false
    const blocked = this.blockedFor(protocol)
    const space = this.spaces.reach(words, sourceAt, destinationAt, destinationPort, protocol)
    const record = this.spaces.slab.block(space)
    const at = this.spaces.slab.at(space)
    this.refresh(record, at, blocked)
    if (this.bitmaps.used(record, at + BITMAP, port)) return false
    this.mark(space, record, at, port, blocked)
    return true
  }

  /**
   * Ports of the director's own sockets, which no space hands out from now on: 65 536 bits each, port p is bit
   * p & 31 of word p >>> 5. Connections that have one of them keep it.
   */
  exclude(tcp: Uint32Array, udp: Uint32Array): void {
    const changedTcp = this.blockedTcp.set(tcp)
    const changedUdp = this.blockedUdp.set(udp)
    if (changedTcp || changedUdp) this.generation++
  }

  /** Every space with its use, in no promised order. */
  forEachSpace(visit: (space: SpaceUse) => void): void {
    const use: SpaceUse = { words: new Int32Array(8), protocol: 0, destinationPort: 0, used: 0 }
    this.spaces.forEach((handle) => {
      const record = this.spaces.slab.block(handle)
      const at = this.spaces.slab.at(handle)
      for (let i = 0; i < 4; i++) {
        use.words[i] = record[at + SOURCE + i]
        use.words[4 + i] = record[at + DESTINATION + i]
      }
      use.protocol = record[at + KIND] >>> 16
      use.destinationPort = record[at + KIND] & 0xffff
      use.used = record[at + USED]
      visit(use)
    })
  }

  /** By source address, in no promised order. */
  sources(): SourceUse[] {
    const sources = new Map<string, SourceUse>()
    this.forEachSpace(({ words, used }) => {
      const address = format(words)
      const source = sources.get(address) ?? { address, used: 0, spaces: 0, fullest: 0 }
      source.used += used
      source.spaces++
      source.fullest = Math.max(source.fullest, used)
      sources.set(address, source)
    })
    return [...sources.values()]
  }
}
