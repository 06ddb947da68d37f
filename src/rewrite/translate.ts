/**
 * Applies a translation to a packet, in place, and keeps its checksums right without summing it again.
 *
 * This layer promises: only the addresses, the ports, the TTL and the checksums over them change; a packet that arrives
 * damaged leaves damaged; nothing outside the frame is written (an ICMP error also uses the headroom before it);
 * nothing is allocated. It never decides where a packet goes, and only its answers (ICMP error, reset) have another
 * length than the packet they answer.
 */
import * as checksum from '../wire/checksum.js'
import * as crc32c from '../wire/crc32c.js'
import { DESTINATION, Fragment, type Frame, SOURCE } from '../wire/frame.js'
import * as layout from '../wire/layout.js'

const LATER = Fragment.later

/**
 * Gives the packet in `frame` a new source and destination: four words each at words[sourceAt..] and
 * words[destinationAt..], of the frame's own family. Ports are set where the packet has them: TCP, UDP, SCTP, not in a
 * later fragment. A packet cut short (inside an ICMP error) may lack its transport checksum. An SCTP fragment must not
 * come here: its CRC cannot be updated without the length of the whole.
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
  const change = setAddresses(view, frame, words, sourceAt, words, destinationAt)
  if (frame.fragment === LATER) return
  const { protocol } = frame
  if (protocol === layout.TCP) {
    const ports = setPorts(view, frame, sourcePort, destinationPort)
    updateChecksum(view, frame, layout.TCP_CHECKSUM, change, ports)
  } else if (protocol === layout.UDP) {
    const ports = setPorts(view, frame, sourcePort, destinationPort)
    updateUdpChecksum(view, frame, change, ports)
  } else if (protocol === layout.SCTP) {
    setSctpPorts(view, frame, sourcePort, destinationPort)
  } else if (protocol === layout.ICMP6 && frame.family === 6) {
    updateChecksum(view, frame, layout.ICMP_CHECKSUM, change, 0)
  }
}

/**
 * Writes both addresses, from two arrays of words, into packet and frame, and updates the IPv4 header checksum. Returns
 * the checksum change.
 */
export function setAddresses(
  view: DataView,
  frame: Frame,
  sources: Int32Array,
  sourceAt: number,
  destinations: Int32Array,
  destinationAt: number,
): number {
  const { family, words } = frame
  const first = layout.firstWord(family)
  const size = (4 - first) << 2
  let at = frame.at + layout.addressesAt(family)
  let change = 0
  for (let i = first; i < 4; i++) {
    const source = sources[sourceAt + i]
    const destination = destinations[destinationAt + i]
    change += checksum.change32(words[SOURCE + i], source) + checksum.change32(words[DESTINATION + i], destination)
    words[SOURCE + i] = source
    words[DESTINATION + i] = destination
    view.setInt32(at, source)
    view.setInt32(at + size, destination)
    at += 4
  }
  if (family === 4) {
    const field = frame.at + layout.IPV4_CHECKSUM
    view.setUint16(field, checksum.update(view.getUint16(field), change))
  }
  return change
}

function setPorts(view: DataView, frame: Frame, source: number, destination: number): number {
  const before = (frame.sourcePort << 16) | frame.destinationPort
  const after = (source << 16) | destination
  frame.sourcePort = source
  frame.destinationPort = destination
  view.setInt32(frame.transport, after)
  return checksum.change32(before, after)
}

/** A partial checksum covers the addresses alone: the device adds the ports and what follows. */
function updateChecksum(view: DataView, frame: Frame, offset: number, addresses: number, ports: number): void {
  const at = frame.transport + offset
  if (at + 2 > frame.at + frame.length) return
  const field = view.getUint16(at)
  if (frame.partialChecksum) view.setUint16(at, checksum.updatePartial(field, addresses))
  else view.setUint16(at, checksum.update(field, addresses + ports))
}

function updateUdpChecksum(view: DataView, frame: Frame, addresses: number, ports: number): void {
  const at = frame.transport + layout.UDP_CHECKSUM
  const field = view.getUint16(at)
  if (frame.partialChecksum) view.setUint16(at, checksum.updatePartial(field, addresses))
  else view.setUint16(at, checksum.updateUdp(field, addresses + ports))
}

/** SCTP's CRC covers the ports and no address. A partial one is the device's to compute. */
function setSctpPorts(view: DataView, frame: Frame, source: number, destination: number): void {
  const at = frame.transport
  const before = view.getInt32(at, true)
  setPorts(view, frame, source, destination)
  const field = at + layout.SCTP_CHECKSUM
  if (frame.partialChecksum || field + 4 > frame.at + frame.length) return
  const length = layout.statedLength(view, frame) - (at - frame.at)
  view.setInt32(field, crc32c.update(view.getInt32(field, true), before, view.getInt32(at, true), length), true)
}
