/**
 * Answers a TCP segment with a reset, in the segment's own place (RFC 9293 3.10.7.1: no connection is known).
 *
 * The host's stack would say the same, but the segment never reaches it: a balanced port belongs to the director.
 */
import * as checksum from '../wire/checksum.js'
import { DONT_FRAGMENT } from '../wire/fragment.js'
import { DESTINATION, type Frame, Protocol, SOURCE, TcpFlag } from '../wire/frame.js'
import * as layout from '../wire/layout.js'
import type { Answerable } from './icmp-error.js'

const TTL = 64

/** Turns the segment in `packet` around. False, nothing done, if it is a reset itself. */
export function reset(view: DataView, packet: Answerable, frame: Frame): boolean {
  if (frame.tcpFlags & TcpFlag.rst) return false
  const at = frame.transport
  const payload = frame.at + frame.length - at - ((view.getUint8(at + layout.TCP_DATA_OFFSET) >>> 4) << 2)
  const acknowledged = (frame.tcpFlags & TcpFlag.ack) !== 0
  const sequence = acknowledged ? view.getUint32(at + 8) : 0
  const consumed = payload + (frame.tcpFlags & TcpFlag.syn ? 1 : 0) + (frame.tcpFlags & TcpFlag.fin ? 1 : 0)
  const acknowledgement = acknowledged ? 0 : (view.getUint32(at + 4) + consumed) >>> 0
  view.setUint16(at, frame.destinationPort)
  view.setUint16(at + 2, frame.sourcePort)
  view.setUint32(at + 4, sequence)
  view.setUint32(at + 8, acknowledgement)
  view.setUint8(at + layout.TCP_DATA_OFFSET, (layout.TCP_HEADER >> 2) << 4)
  view.setUint8(at + layout.TCP_FLAGS, acknowledged ? TcpFlag.rst : TcpFlag.rst | TcpFlag.ack)
  view.setUint16(at + 14, 0)
  view.setUint32(at + layout.TCP_CHECKSUM, 0) // and no urgent pointer
  turnAround(view, frame)
  const length = at + layout.TCP_HEADER - frame.at
  setLength(view, frame, length)
  view.setUint16(at + layout.TCP_CHECKSUM, ~transportSum(view, frame))
  packet.at = frame.at
  packet.length = length
  packet.flags = packet.gsoType = packet.gsoSize = 0
  return true
}

function turnAround(view: DataView, frame: Frame): void {
  const first = layout.firstWord(frame.family)
  const source = frame.at + layout.addressesAt(frame.family)
  const destination = source + ((4 - first) << 2)
  for (let i = first; i < 4; i++) {
    const from = frame.words[SOURCE + i]
    const to = frame.words[DESTINATION + i]
    frame.words[SOURCE + i] = to
    frame.words[DESTINATION + i] = from
    view.setInt32(source + ((i - first) << 2), to)
    view.setInt32(destination + ((i - first) << 2), from)
  }
}

function setLength(view: DataView, frame: Frame, length: number): void {
  frame.length = length
  if (frame.family === 6) {
    view.setUint16(frame.at + layout.IPV6_PAYLOAD_LENGTH, length - layout.IPV6_HEADER)
    view.setUint8(frame.at + layout.IPV6_HOP_LIMIT, TTL)
    return
  }
  view.setUint16(frame.at + layout.IPV4_TOTAL_LENGTH, length)
  view.setUint32(frame.at + layout.IPV4_ID, DONT_FRAGMENT) // needs no identification (RFC 6864 4.1)
  view.setUint8(frame.at + layout.IPV4_TTL, TTL)
  view.setUint16(frame.at + layout.IPV4_CHECKSUM, 0)
  const header = (view.getUint8(frame.at) & 15) << 2
  view.setUint16(frame.at + layout.IPV4_CHECKSUM, ~checksum.fold(checksum.sum(view, frame.at, header, 0)))
}

const transportSum = (view: DataView, frame: Frame): number =>
  checksum.fold(
    checksum.sum(
      view,
      frame.transport,
      layout.TCP_HEADER,
      checksum.pseudoHeader(frame.words, layout.firstWord(frame.family), Protocol.tcp, layout.TCP_HEADER),
    ),
  )
