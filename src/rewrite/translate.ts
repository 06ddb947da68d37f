/**
 * Applies a translation to a packet, in place, and keeps its checksums right without summing it again.
 *
 * This layer promises: only the addresses, the ports, the TTL and the checksums over them change; a packet that arrives
 * damaged leaves damaged; nothing outside the frame is written (an ICMP error also uses the headroom before it); nothing is
 * allocated. It never decides where a packet goes and never changes a packet's length, but to make an ICMP error of it.
 */
import * as checksum from '../wire/checksum.js'
import * as crc32c from '../wire/crc32c.js'
import { DESTINATION, Fragment, type Frame, Protocol, SOURCE } from '../wire/frame.js'
import * as layout from '../wire/layout.js'

/**
 * Gives the packet in `frame` a new source and destination: four words each at words[sourceAt..] and
 * words[destinationAt..], of the frame's own family. Ports are set where the packet has them (TCP, UDP, SCTP; not in a
 * later fragment). A packet cut short (inside an ICMP error) may lack its transport checksum.
 */
export function translate(
  view: DataView,
  frame: Frame,
  words: Int32Array,
  sourceAt: number,
  sourcePort: number,
  destinationAt: number,
  destinationPort: number,
): void {
  const addresses =
    setAddress(view, frame, SOURCE, words, sourceAt) + setAddress(view, frame, DESTINATION, words, destinationAt)
  if (frame.family === 4) {
    const at = frame.at + layout.ipv4.checksum
    view.setUint16(at, checksum.update(view.getUint16(at), addresses))
  }
  if (frame.fragment === Fragment.later) return
  if (frame.protocol === Protocol.sctp) {
    setSctpPorts(view, frame, sourcePort, destinationPort)
    return
  }
  const ports = layout.hasPorts(frame.protocol) ? setPorts(view, frame, sourcePort, destinationPort) : 0
  updateTransport(view, frame, addresses, ports)
}

/** Writes one address, at SOURCE or DESTINATION, into packet and frame; returns the checksum change. */
export function setAddress(view: DataView, frame: Frame, side: number, words: Int32Array, from: number): number {
  const at = frame.at + layout.addressesAt(frame.family)
  const first = layout.firstWord(frame.family)
  const start = at + (side === SOURCE ? 0 : (4 - first) << 2)
  let change = 0
  for (let i = first; i < 4; i++) {
    const word = words[from + i]
    change += checksum.change32(frame.words[side + i], word)
    frame.words[side + i] = word
    view.setInt32(start + ((i - first) << 2), word)
  }
  return change
}

function setPorts(view: DataView, frame: Frame, source: number, destination: number): number {
  const change = checksum.change16(frame.sourcePort, source) + checksum.change16(frame.destinationPort, destination)
  frame.sourcePort = source
  frame.destinationPort = destination
  view.setUint16(frame.transport, source)
  view.setUint16(frame.transport + 2, destination)
  return change
}

/** TCP, UDP and ICMPv6 sums cover the addresses; a partial one covers them alone, the device adds the rest. */
function updateTransport(view: DataView, frame: Frame, addresses: number, ports: number): void {
  const at = frame.transport + checksumOffset(frame)
  if (at === frame.transport || at + 2 > frame.at + frame.length) return
  const field = view.getUint16(at)
  if (frame.partialChecksum) view.setUint16(at, checksum.updatePartial(field, addresses))
  else if (frame.protocol === Protocol.udp) view.setUint16(at, checksum.updateUdp(field, addresses + ports))
  else view.setUint16(at, checksum.update(field, addresses + ports))
}

/** 0: no checksum that the addresses touch. */
function checksumOffset(frame: Frame): number {
  if (frame.protocol === Protocol.tcp) return layout.tcp.checksum
  if (frame.protocol === Protocol.udp) return layout.udp.checksum
  return frame.family === 6 && frame.protocol === Protocol.icmp6 ? layout.icmp.checksum : 0
}

/** SCTP's CRC covers the ports and no address. A partial one is the device's to compute. */
function setSctpPorts(view: DataView, frame: Frame, source: number, destination: number): void {
  const at = frame.transport
  const before = view.getUint32(at, true)
  setPorts(view, frame, source, destination)
  const field = at + layout.sctp.checksum
  if (frame.partialChecksum || field + 4 > frame.at + frame.length) return
  const length = layout.statedLength(view, frame) - (at - frame.at)
  view.setUint32(field, crc32c.update(view.getUint32(field, true), before, view.getUint32(at, true), length), true)
}
