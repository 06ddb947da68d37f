/** The transport header: ports, TCP flags, ICMP type, and whether the header fits its packet. */
import { Reason } from '../failure/reason.js'
import { Fragment, type Frame, Protocol } from './frame.js'
import * as layout from './layout.js'

/** All that an ICMP error need carry of the embedded packet's transport header (RFC 792). */
const EMBEDDED_BYTES = 8

export function readTransport(view: DataView, frame: Frame, embedded: boolean): number {
  frame.sourcePort = 0
  frame.destinationPort = 0
  frame.tcpFlags = 0
  frame.icmpType = 0
  frame.icmpCode = 0
  if (frame.fragment === Fragment.later) return Reason.none
  const there = frame.at + frame.length - frame.transport
  if (layout.hasPorts(frame.protocol)) return readPorts(view, frame, there, embedded)
  if (frame.protocol === layout.icmpProtocol(frame.family)) return readIcmp(view, frame, there)
  return Reason.none
}

function readPorts(view: DataView, frame: Frame, there: number, embedded: boolean): number {
  const at = frame.transport
  if (embedded ? there < EMBEDDED_BYTES : !fits(view, frame, there)) return Reason.badTransport
  frame.sourcePort = view.getUint16(at)
  frame.destinationPort = view.getUint16(at + 2)
  if (frame.protocol === Protocol.tcp && there > layout.tcp.flags) {
    frame.tcpFlags = view.getUint8(at + layout.tcp.flags)
  }
  return Reason.none
}

/** Whether a received transport header is whole and its own length stays inside the packet. */
function fits(view: DataView, frame: Frame, there: number): boolean {
  const at = frame.transport
  if (frame.protocol === Protocol.tcp) {
    if (there < layout.tcp.header) return false
    const header = (view.getUint8(at + layout.tcp.dataOffset) >>> 4) << 2
    return header >= layout.tcp.header && header <= there
  }
  if (frame.protocol === Protocol.sctp) return there >= layout.sctp.header
  if (there < layout.udp.header) return false
  const length = view.getUint16(at + layout.udp.length)
  return length >= layout.udp.header && (length <= there || frame.fragment === Fragment.first)
}

function readIcmp(view: DataView, frame: Frame, there: number): number {
  const at = frame.transport
  if (there < layout.ICMP_HEADER) return Reason.badTransport
  frame.icmpType = view.getUint8(at)
  frame.icmpCode = view.getUint8(at + layout.icmp.code)
  if (isEcho(frame)) {
    frame.sourcePort = view.getUint16(at + layout.icmp.rest)
    frame.destinationPort = frame.sourcePort
  }
  return Reason.none
}

const isEcho = (frame: Frame): boolean =>
  frame.family === 4 ? frame.icmpType === 8 || frame.icmpType === 0 : frame.icmpType === 128 || frame.icmpType === 129
