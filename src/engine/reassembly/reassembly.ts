/**
 * Fragments of both families to whole datagrams, by the kernel's rules (net/ipv4/inet_fragment.c, ip_fragment.c,
 * net/ipv6/reassembly.c).
 *
 * Promises: memory that never grows, whatever arrives: a flood of fragments only pushes the oldest incomplete datagrams
 * out; a datagram is made of fragments that do not overlap or of none (RFC 5722, also for IPv4); nothing is allocated for
 * a fragment. It keeps no packet's fate to itself: what is given up is counted by its Reason.
 */
import { ticksOf } from '../../conn/record.js'
import { Reason } from '../../failure/reason.js'
import { type Packet, SPARE_PACKET } from '../../io/port.js'
import { Fragmenter, finishHeader } from '../../rewrite/fragment.js'
import { LONGEST_HEADERS } from '../../rewrite/pieces.js'
import { FragmentFields, readFragment } from '../../wire/fragment.js'
import type { Frame } from '../../wire/frame.js'
import { Datagrams } from './datagrams.js'
import { CHUNK_BYTES, Pieces } from './pieces.js'

/** The kernel's net.ipv4.ipfrag_high_thresh, 4 MiB of fragments. */
const STORE_BYTES = 4 << 20
const DATAGRAMS = 1024
/** Of one datagram: the longest in the shortest packets that a network must carry (576 bytes) has 119. */
const MOST_PIECES = 256
/** net.ipv4.ipfrag_time, net.ipv6.ip6frag_time. */
const TIMEOUT_V4 = ticksOf(30_000)
const TIMEOUT_V6 = ticksOf(60_000)
const LONGEST = 65_535
const IPV6_HEADER = 40
const CONGESTED = 3

/** What `add` answers when the fragment is kept and others are missing. */
export const HELD = -1

export class Reassembly {
  private readonly drops: Float64Array
  private readonly pieces = new Pieces(STORE_BYTES / CHUNK_BYTES)
  private readonly datagrams: Datagrams
  private readonly fields = new FragmentFields()
  private readonly view: DataView
  private readonly fragmenter: Fragmenter
  private readonly random: () => number
  /** Where a datagram is made whole. */
  private readonly at: number

  constructor(view: DataView, drops: Float64Array, random: () => number) {
    this.view = view
    this.random = random
    this.at = view.byteLength - SPARE_PACKET
    this.fragmenter = new Fragmenter(view)
    this.drops = drops
    this.datagrams = new Datagrams(DATAGRAMS, random)
  }

  /** Datagrams of which something is missing, and bytes that are kept for them. */
  get held(): { datagrams: number; bytes: number } {
    return { datagrams: this.datagrams.used, bytes: STORE_BYTES - this.pieces.free * CHUNK_BYTES }
  }

  /**
   * Takes the fragment in `frame`. Reason.none: it was the last one missing, `packet` is now the whole datagram, and `packet.pieceLength` says how long its longest fragment was. HELD, or why it was dropped.
   */
  add(frame: Frame, packet: Packet, nowTick: number): number {
    const { fields, view } = this
    if (!readFragment(view, frame, fields)) return Reason.badFragment
    const length = frame.at + frame.length - fields.payload
    const end = fields.offset + length
    const header = fields.payload - frame.at
    if (length === 0 || (fields.more && (length & 7) !== 0) || tooLong(frame, header, end)) return Reason.badFragment
    const datagram = this.datagramOf(frame, nowTick)
    const reason = this.keep(frame, datagram, end)
    if (reason === Reason.fragmentDuplicate) return reason
    if (reason !== Reason.none) return this.discard(datagram, reason)
    if (this.datagrams.here[datagram] !== this.datagrams.total[datagram]) return HELD
    return this.complete(frame, packet, datagram)
  }

  /** A whole datagram on its way out: true if it may be sent as it is, else it was sent in pieces, as long as they came. */
  leave(packet: Packet, transmit: (packet: Packet) => void): boolean {
    if (packet.length <= packet.pieceLength) return true
    this.fragmenter.begin(packet, packet.pieceLength, this.random() >>> 0 || 1)
    while (this.fragmenter.next(packet)) transmit(packet)
    return false
  }

  /** Gives up what is past its time; each is counted. */
  expire(nowTick: number): void {
    const { datagrams } = this
    for (let each = datagrams.oldest; each > 0; ) {
      const next = datagrams.after(each)
      if (((datagrams.deadline[each] - nowTick) | 0) <= 0) this.drops[this.discard(each, Reason.fragmentTimeout)]++
      each = next
    }
  }

  /** IPv6 has no protocol in later fragments' key: an identification serves all protocols. */
  private datagramOf(frame: Frame, nowTick: number): number {
    const { datagrams, fields } = this
    const v4 = frame.family === 4
    const protocol = v4 ? frame.protocol : 0
    const found = datagrams.find(frame.words, fields.id, protocol)
    if (found > 0) return found
    if (datagrams.used === datagrams.capacity) this.evict(0)
    return datagrams.add(frame.words, fields.id, protocol, (nowTick + (v4 ? TIMEOUT_V4 : TIMEOUT_V6)) | 0)
  }

  /** Files the fragment with its datagram, or says why not. */
  private keep(frame: Frame, datagram: number, end: number): number {
    const { datagrams, fields, pieces, view } = this
    if (!this.agrees(datagram, end)) return Reason.badFragment
    const before = this.placeOf(datagram, fields.offset)
    const after = before > 0 ? pieces.next[before] : datagrams.first[datagram]
    if (after > 0 && pieces.from[after] < end)
      return this.isWithin(after, fields.offset, end) ? Reason.fragmentDuplicate : Reason.fragmentOverlap
    const length = end - fields.offset
    const count = Math.ceil(length / CHUNK_BYTES) + (fields.offset === 0 ? 1 : 0)
    if (datagrams.pieces[datagram] + count > MOST_PIECES) return Reason.fragmentLimit
    while (pieces.free < count) if (!this.evict(datagram)) return Reason.fragmentLimit
    if (!fields.more) datagrams.total[datagram] = end
    if (fields.offset === 0) {
      const header = fields.payload - frame.at
      if (header > LONGEST_HEADERS) return Reason.badFragment
      datagrams.header[datagram] = pieces.take(0, header, view, frame.at)
    }
    this.insert(datagram, before, end)
    this.note(frame, datagram, length, count)
    return Reason.none
  }

  /** Whether the datagram's end, as far as it is known, is where this fragment has it. */
  private agrees(datagram: number, end: number): boolean {
    const { datagrams, pieces, fields } = this
    const total = datagrams.total[datagram]
    if (fields.more) return total < 0 || end <= total
    return (
      (total < 0 || end === total) && (datagrams.last[datagram] === 0 || end >= pieces.to[datagrams.last[datagram]])
    )
  }

  /** The last piece that ends at or before `offset`, 0 if none does. Fragments mostly come in order. */
  private placeOf(datagram: number, offset: number): number {
    const { datagrams, pieces } = this
    const last = datagrams.last[datagram]
    if (last === 0 || pieces.to[last] <= offset) return last
    let before = 0
    for (let each = datagrams.first[datagram]; pieces.to[each] <= offset; each = pieces.next[each]) before = each
    return before
  }

  /** Whether bytes [from, to) are all there already, from this piece on. */
  private isWithin(piece: number, from: number, to: number): boolean {
    const { pieces } = this
    if (pieces.from[piece] > from) return false
    let each = piece
    while (pieces.to[each] < to) {
      const next = pieces.next[each]
      if (next === 0 || pieces.from[next] !== pieces.to[each]) return false
      each = next
    }
    return true
  }

  private insert(datagram: number, before: number, end: number): void {
    const { datagrams, fields, pieces, view } = this
    let previous = before
    for (let from = fields.offset; from < end; from += CHUNK_BYTES) {
      const at = fields.payload + from - fields.offset
      const piece = pieces.take(from, Math.min(CHUNK_BYTES, end - from), view, at)
      const next = previous > 0 ? pieces.next[previous] : datagrams.first[datagram]
      pieces.next[piece] = next
      if (previous > 0) pieces.next[previous] = piece
      else datagrams.first[datagram] = piece
      if (next === 0) datagrams.last[datagram] = piece
      previous = piece
    }
  }

  private note(frame: Frame, datagram: number, length: number, count: number): void {
    const { datagrams, fields } = this
    datagrams.here[datagram] += length
    datagrams.pieces[datagram] += count
    datagrams.ecn[datagram] |= 1 << fields.ecn
    datagrams.longest[datagram] = Math.max(datagrams.longest[datagram], frame.length)
    if (fields.dontFragment) datagrams.longestWhole[datagram] = Math.max(datagrams.longestWhole[datagram], frame.length)
  }

  /** The whole datagram, in the room that the port spares for it. */
  private complete(frame: Frame, packet: Packet, datagram: number): number {
    const { at, datagrams, pieces, view } = this
    const header = datagrams.header[datagram]
    const headerLength = pieces.to[header]
    const seen = datagrams.ecn[datagram]
    const total = datagrams.total[datagram]
    // Congestion was met by a packet whose sender cannot hear of it: RFC 3168 5.3.
    const isMixed = (seen & (1 << CONGESTED)) !== 0 && (seen & 1) !== 0
    if (isMixed || tooLong(frame, headerLength, total)) return this.discard(datagram, Reason.badFragment)
    pieces.put(header, view, at)
    for (let each = datagrams.first[datagram]; each > 0; each = pieces.next[each])
      pieces.put(each, view, at + headerLength + pieces.from[each])
    // As in ip_frag_reasm: DF counts if the longest fragment had it.
    const keepsWhole = datagrams.longestWhole[datagram] === datagrams.longest[datagram]
    finishHeader(view, at, headerLength + total, keepsWhole, seen >>> CONGESTED === 1)
    packet.at = at
    packet.length = headerLength + total
    packet.flags = packet.gsoType = packet.gsoSize = 0
    packet.pieceLength = datagrams.longest[datagram]
    this.discard(datagram, Reason.none)
    return Reason.none
  }

  /** The oldest datagram other than `but` makes room; false if there is none. */
  private evict(but: number): boolean {
    const { oldest } = this.datagrams
    const victim = oldest === but ? this.datagrams.after(oldest) : oldest
    if (victim === 0) return false
    this.drops[this.discard(victim, Reason.fragmentEvicted)]++
    return true
  }

  private discard(datagram: number, reason: number): number {
    const { datagrams, pieces } = this
    if (datagrams.header[datagram] > 0) pieces.release(datagrams.header[datagram])
    for (let each = datagrams.first[datagram]; each > 0; ) {
      const next = pieces.next[each]
      pieces.release(each)
      each = next
    }
    datagrams.remove(datagram)
    return reason
  }
}

/** Whether a datagram with so long a header and so many bytes behind it has more than a length field can say. */
const tooLong = (frame: Frame, header: number, bytes: number): boolean =>
  header + bytes > (frame.family === 4 ? LONGEST : LONGEST + IPV6_HEADER)
