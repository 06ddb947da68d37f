/**
 * Full-NAT's own repair: what a real server sees rises for each tuple, though another client has it now.
 *
 * All clients share a few source addresses, so a server meets a tuple again while its TIME_WAIT lives, with the numbers of
 * another host: timestamps that look old (RFC 7323 5.3, PAWS) or a sequence that falls short (RFC 9293 3.6.1), and refuses
 * the SYN. Where a tuple was used within the last two minutes and the new client's numbers do not rise by themselves, they
 * are moved by a constant for as long as the connection lives, and moved back in what comes from the server. Every
 * other connection keeps its numbers. Lengths, options and payload stay as they are.
 */
import * as record from '../conn/record.js'
import type { ConnectionTable } from '../conn/table.js'
import { TcpState } from '../conn/tcp.js'
import type { TupleMemory } from '../conn/tuple-memory.js'
import { findTimestamps, shiftSequence, shiftTimestamps } from '../rewrite/tcp-sequence.js'
import { type Frame, Protocol, TcpFlag } from '../wire/frame.js'
import * as layout from '../wire/layout.js'

const { Flag, Settled } = record
/**
 * How far behind the last connection's end a moved one begins: out of its widest unscaled window, and further by 24 bits of
 * the client's own initial number, so that nobody can foresee it (RFC 6528).
 */
const LEAST_RISE = 0x2_0000
const CHANCE = 0xff_ffff

export class Repair {
  private readonly view: DataView
  private readonly table: ConnectionTable
  private readonly memory: TupleMemory
  private readonly words: Int32Array

  constructor(view: DataView, table: ConnectionTable, memory: TupleMemory) {
    this.view = view
    this.table = table
    this.memory = memory
    this.words = table.words
  }

  /** A connection was made for the packet in `frame`, which is still as the client sent it. Only a SYN begins numbers. */
  begin(handle: number, frame: Frame, nowTick: number): void {
    const { words, memory, view } = this
    const base = this.table.base(handle)
    if ((frame.tcpFlags & TcpFlag.syn) === 0 || (words[base + record.META] & Flag.pooled) === 0) return
    if (!memory.recall(words, base + record.REAL, words[base + record.REAL_PORTS], nowTick)) return
    const first = view.getInt32(frame.transport + layout.TCP_SEQUENCE)
    const stamps = memory.stamp === 0 ? 0 : findTimestamps(view, frame)
    const sequence = rises(memory.end, first) ? 0 : (memory.end + LEAST_RISE + (first & CHANCE) - first) | 0
    const stamp = stamps === 0 ? 0 : view.getInt32(stamps + 2)
    const time = stamps === 0 || rises(memory.stamp, stamp) ? 0 : (memory.stamp + 1 - stamp) | 0
    if (sequence === 0 && time === 0) return
    words[base + record.META] |= Flag.cold
    const cold = this.table.coldBase(handle)
    words[cold + record.SEQUENCE_SHIFT] = sequence
    words[cold + record.TIMESTAMP_SHIFT] = time
  }

  /** A segment of a connection that is closing, or that has a cold part: moved, and noted as the server sees it. */
  segment(ref: number, frame: Frame): void {
    const { words } = this
    const meta = words[this.table.base(ref >> 1) + record.META]
    if (frame.protocol !== Protocol.tcp || (meta & Flag.pooled) === 0) return
    const cold = this.table.coldBase(ref >> 1)
    if ((ref & 1) === record.REQUEST) {
      if (meta & Flag.cold) this.shift(frame, cold, 1)
      if (meta & Flag.inactive) this.noteRequest(ref >> 1, frame)
    } else {
      if (meta & Flag.inactive) this.noteReply(ref >> 1, frame)
      if (meta & Flag.cold) this.shift(frame, cold, -1)
    }
  }

  /**
   * The packet in an ICMP error, after its translation: about a request (`ref` is of a reply) it becomes what the client
   * sent, about a reply what the server sent. True if it was changed.
   */
  quoted(ref: number, inner: Frame): boolean {
    const handle = ref >> 1
    const cold = this.table.coldBase(handle)
    if (inner.protocol !== Protocol.tcp || (this.words[this.table.base(handle) + record.META] & Flag.cold) === 0)
      return false
    if ((ref & 1) === record.REPLY) {
      shiftSequence(this.view, inner, -this.words[cold + record.SEQUENCE_SHIFT], 0)
      shiftTimestamps(this.view, inner, -this.words[cold + record.TIMESTAMP_SHIFT], 0)
    } else {
      shiftSequence(this.view, inner, 0, this.words[cold + record.SEQUENCE_SHIFT])
      shiftTimestamps(this.view, inner, 0, this.words[cold + record.TIMESTAMP_SHIFT])
    }
    return true
  }

  /** Towards the server (1) its own numbers move, towards the client (-1) what is said about them. */
  private shift(frame: Frame, cold: number, way: 1 | -1): void {
    const sequence = this.words[cold + record.SEQUENCE_SHIFT]
    const time = this.words[cold + record.TIMESTAMP_SHIFT]
    if (sequence !== 0) shiftSequence(this.view, frame, way > 0 ? sequence : 0, way > 0 ? 0 : -sequence)
    if (time !== 0) shiftTimestamps(this.view, frame, way > 0 ? time : 0, way > 0 ? 0 : -time)
  }

  private noteRequest(handle: number, frame: Frame): void {
    const cold = this.coldOf(handle)
    const stamps = findTimestamps(this.view, frame)
    if (stamps !== 0) this.advance(cold + record.CLIENT_STAMP, this.view.getInt32(stamps + 2))
    if (this.advance(cold + record.CLIENT_END, this.endOf(frame)))
      this.words[cold + record.SETTLED] &= ~Settled.clientEnd
    if (this.acknowledges(frame, cold + record.SERVER_END)) this.words[cold + record.SETTLED] |= Settled.serverEnd
  }

  /** What the server acknowledges and echoes is what its TIME_WAIT will hold against the next client. */
  private noteReply(handle: number, frame: Frame): void {
    const cold = this.coldOf(handle)
    if (this.advance(cold + record.SERVER_END, this.endOf(frame)))
      this.words[cold + record.SETTLED] &= ~Settled.serverEnd
    if ((frame.tcpFlags & TcpFlag.ack) === 0) return
    const stamps = findTimestamps(this.view, frame)
    if (stamps !== 0) this.advance(cold + record.CLIENT_STAMP, this.view.getInt32(stamps + 6))
    this.advance(cold + record.CLIENT_END, this.acknowledgement(frame))
    if (this.acknowledges(frame, cold + record.CLIENT_END)) this.words[cold + record.SETTLED] |= Settled.clientEnd
  }

  private coldOf(handle: number): number {
    this.words[this.table.base(handle) + record.META] |= Flag.cold
    return this.table.coldBase(handle)
  }

  /** Keeps the later one; true if that is the new one. 0 means unknown, so 0 is kept as 1. */
  private advance(word: number, value: number): boolean {
    const known = this.words[word]
    if (known !== 0 && !rises(known, value)) return false
    this.words[word] = value || 1
    return true
  }

  private acknowledges(frame: Frame, word: number): boolean {
    const end = this.words[word]
    return end !== 0 && (frame.tcpFlags & TcpFlag.ack) !== 0 && ((this.acknowledgement(frame) - end) | 0) >= 0
  }

  private acknowledgement(frame: Frame): number {
    return this.view.getInt32(frame.transport + layout.TCP_ACKNOWLEDGEMENT)
  }

  /** The sequence number behind the segment; SYN and FIN count one each. */
  private endOf(frame: Frame): number {
    const at = frame.transport
    const header = (this.view.getUint8(at + layout.TCP_DATA_OFFSET) >>> 4) << 2
    const flags = frame.tcpFlags
    const payload = frame.at + frame.length - at - header
    const length = payload + (flags & TcpFlag.syn ? 1 : 0) + (flags & TcpFlag.fin ? 1 : 0)
    return (this.view.getInt32(at + layout.TCP_SEQUENCE) + length) | 0
  }
}

/** Whether a connection in TIME_WAIT is over: neither side has to send anything again, no other connection hangs on it. */
export function isSettled(table: ConnectionTable, handle: number): boolean {
  const base = table.base(handle)
  const meta = table.words[base + record.META]
  if (table.words[base + record.CONTROLLED] > 0) return false
  if (record.stateOf(meta) !== TcpState.timeWait || (meta & Flag.cold) === 0) return false
  return table.words[table.coldBase(handle) + record.SETTLED] === Settled.both
}

const rises = (from: number, to: number): boolean => ((to - from) | 0) > 0
