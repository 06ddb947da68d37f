/** The transport header: ports, TCP flags, ICMP type, and whether the header fits its packet. */
import { Reason } from '../failure/reason.js'
import { Chunk, Fragment, type Frame, NO_CHUNK } from './frame.js'
import * as layout from './layout.js'

const NONE = Reason.none
const LATER = Fragment.later
const FIRST = Fragment.first

/** All that an ICMP error need carry of the embedded packet's transport header (RFC 792). */
const EMBEDDED_BYTES = 8

export function readTransport(view: DataView, frame: Frame, embedded: boolean): number {
  frame.sourcePort = 0
  frame.destinationPort = 0
  frame.tcpFlags = 0
  frame.chunk = NO_CHUNK
  frame.icmpType = 0
  frame.icmpCode = 0
  if (frame.fragment === LATER) return NONE
  const there = frame.at + frame.length - frame.transport
  const { protocol } = frame
  if (protocol === layout.TCP || protocol === layout.UDP || protocol === layout.SCTP) {
    return readPorts(view, frame, there, embedded)
  }
  return protocol === layout.icmpOf(frame.family) ? readIcmp(view, frame, there) : NONE
}

function readPorts(view: DataView, frame: Frame, there: number, embedded: boolean): number {
  const at = frame.transport
  // A first fragment need not hold the whole header either: the datagram is looked at again when it is whole.
  const mayBeCut = embedded || frame.fragment === FIRST
  if (mayBeCut ? there < EMBEDDED_BYTES : !fits(view, frame, there)) return Reason.badTransport
  const ports = view.getInt32(at)
  frame.sourcePort = ports >>> 16
  frame.destinationPort = ports & 0xffff
  if (frame.protocol === layout.TCP && there > layout.TCP_FLAGS) {
    frame.tcpFlags = view.getUint8(at + layout.TCP_FLAGS)
  } else if (frame.protocol === layout.SCTP) readChunk(view, frame, at + layout.SCTP_HEADER)
  return NONE
}

const { abort: ABORT, cookieEcho: COOKIE_ECHO, cookieAck: COOKIE_ACK } = Chunk

/** DATA may not stand beside an ABORT, a cookie may stand before one (RFC 9260 3.3.7). */
function readChunk(view: DataView, frame: Frame, at: number): void {
  const limit = frame.at + frame.length - layout.SCTP_CHUNK_HEADER
  frame.chunk = at <= limit ? view.getUint8(at) : NO_CHUNK
  if (frame.chunk !== COOKIE_ECHO && frame.chunk !== COOKIE_ACK) return
  const length = view.getUint16(at + 2)
  const next = at + ((length + 3) & ~3)
  if (length >= layout.SCTP_CHUNK_HEADER && next <= limit && view.getUint8(next) === ABORT) frame.chunk = ABORT
}

/** Whether a received transport header is whole and its own length stays inside the packet. */
function fits(view: DataView, frame: Frame, there: number): boolean {
  const at = frame.transport
  if (frame.protocol === layout.TCP) {
    if (there < layout.TCP_HEADER) return false
    const header = (view.getUint8(at + layout.TCP_DATA_OFFSET) >>> 4) << 2
    return header >= layout.TCP_HEADER && header <= there
  }
  if (frame.protocol === layout.SCTP) return there >= layout.SCTP_HEADER
  if (there < layout.UDP_HEADER) return false
  const length = view.getUint16(at + layout.UDP_LENGTH)
  return length >= layout.UDP_HEADER && (length <= there || frame.fragment === Fragment.first)
}

function readIcmp(view: DataView, frame: Frame, there: number): number {
  const at = frame.transport
  if (there < layout.ICMP_HEADER) return Reason.badTransport
  frame.icmpType = view.getUint8(at)
  frame.icmpCode = view.getUint8(at + layout.ICMP_CODE)
  if (isEcho(frame)) {
    frame.sourcePort = view.getUint16(at + layout.ICMP_REST)
    frame.destinationPort = frame.sourcePort
  }
  return NONE
}

const isEcho = (frame: Frame): boolean =>
  frame.family === 4 ? frame.icmpType === 8 || frame.icmpType === 0 : frame.icmpType === 128 || frame.icmpType === 129
