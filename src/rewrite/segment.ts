/**
 * A merged packet (GSO: many TCP segments or UDP datagrams of one flow under one header) cut into what its sender meant,
 * as the kernel would (net/ipv4/tcp_offload.c, udp_offload.c): for ways out that do no segmentation.
 */
import * as checksum from '../wire/checksum.js'
import { type Frame, TcpFlag } from '../wire/frame.js'
import * as layout from '../wire/layout.js'
import { copy, LONGEST_HEADERS, type Sendable, setLength } from './pieces.js'

const TCP_SEQUENCE = 4
/** Only where the data ends; only on the first segment (RFC 3168 6.1.2). */
const LAST = TcpFlag.fin | TcpFlag.psh
const FIRST = TcpFlag.cwr

/** Bytes before the payload. */
export function headersOf(view: DataView, frame: Frame): number {
  const transport = frame.transport - frame.at
  if (frame.protocol === layout.UDP) return transport + layout.UDP_HEADER
  return transport + ((view.getUint8(frame.transport + layout.TCP_DATA_OFFSET) >>> 4) << 2)
}

export class Segmenter {
  private readonly view: DataView
  private readonly saved = new DataView(new ArrayBuffer(LONGEST_HEADERS))
  private headers = 0
  private transport = 0
  private at = 0
  private end = 0
  private size = 0
  private made = 0
  private sequence = 0

  constructor(view: DataView) {
    this.view = view
  }

  /** Begins with the merged packet, decoded in `frame`. False, nothing done, if its headers are too long. */
  begin(packet: Sendable, frame: Frame): boolean {
    const headers = headersOf(this.view, frame)
    if (headers > LONGEST_HEADERS) return false
    copy(this.view, frame.at, this.saved, 0, headers)
    this.headers = headers
    this.transport = frame.transport - frame.at
    this.at = frame.at + headers
    this.end = frame.at + frame.length
    this.size = packet.gsoSize
    this.made = 0
    this.sequence = frame.protocol === layout.TCP ? this.saved.getUint32(this.transport + TCP_SEQUENCE) : 0
    return true
  }

  /** The next segment into `packet` and `frame`, its transport checksum left to be completed; false after the last. */
  next(packet: Sendable, frame: Frame): boolean {
    if (this.at >= this.end) return false
    const bytes = Math.min(this.size, this.end - this.at)
    const at = this.at - this.headers
    copy(this.saved, 0, this.view, at, this.headers)
    packet.at = frame.at = at
    packet.length = frame.length = this.headers + bytes
    frame.transport = at + this.transport
    frame.partialChecksum = true
    if (frame.family === 4) this.view.setUint16(at + layout.IPV4_ID, this.saved.getUint16(layout.IPV4_ID) + this.made)
    setLength(this.view, at, packet.length)
    if (frame.protocol === layout.UDP) this.udp(packet, frame)
    else this.tcp(packet, frame, this.at + bytes === this.end)
    this.beginChecksum(packet, frame)
    this.at += bytes
    this.sequence = (this.sequence + bytes) >>> 0
    this.made++
    return true
  }

  private tcp(packet: Sendable, frame: Frame, isLast: boolean): void {
    const { view } = this
    view.setUint32(frame.transport + TCP_SEQUENCE, this.sequence)
    const flags = this.saved.getUint8(this.transport + layout.TCP_FLAGS)
    const removed = (isLast ? 0 : LAST) | (this.made === 0 ? 0 : FIRST)
    view.setUint8(frame.transport + layout.TCP_FLAGS, flags & ~removed)
    packet.checksumOffset = layout.TCP_CHECKSUM
  }

  private udp(packet: Sendable, frame: Frame): void {
    this.view.setUint16(frame.transport + layout.UDP_LENGTH, packet.length - this.transport)
    packet.checksumOffset = layout.UDP_CHECKSUM
  }

  private beginChecksum(packet: Sendable, frame: Frame): void {
    const first = layout.firstWord(frame.family)
    const sum = checksum.pseudoHeader(frame.words, first, frame.protocol, packet.length - this.transport)
    this.view.setUint16(frame.transport + packet.checksumOffset, checksum.fold(sum))
    packet.checksumStart = this.transport
    packet.flags = 1
    packet.gsoType = packet.gsoSize = 0
  }
}
