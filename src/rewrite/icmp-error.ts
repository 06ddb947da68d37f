/**
 * Answers a packet with an ICMP error, in the packet's own place: the new headers go into the headroom before it, and
 * the packet itself becomes the error's body, as the sender knows it (call this before anything was translated).
 */
import * as checksum from '../wire/checksum.js'
import { isIcmpError } from '../wire/decode.js'
import { DONT_FRAGMENT } from '../wire/fragment.js'
import { DESTINATION, Fragment, type Frame, Protocol, SOURCE } from '../wire/frame.js'
import * as layout from '../wire/layout.js'

/** What of an io Packet this layer needs; offload facts no longer hold for the answer. */
export interface Answerable {
  at: number
  length: number
  flags: number
  gsoType: number
  gsoSize: number
}

/** Longest error, all headers counted: RFC 1812 4.3.2.3, RFC 4443 2.4 (c). */
const LONGEST_V4 = 576
const LONGEST_V6 = 1280
const TTL = 64
/** Precedence "internetwork control" (RFC 1812 4.3.2.5), on top of the packet's own type of service. */
const CONTROL = 0xc0
const TOS_BITS = 0x1e

/** Destination unreachable, port: ICMP 3/3, ICMPv6 1/4. words[sourceAt..] is who speaks. Answers as `answer` below. */
export function portUnreachable(
  view: DataView,
  packet: Answerable,
  frame: Frame,
  words: Int32Array,
  sourceAt: number,
): boolean {
  if (frame.family === 4) return answer(view, packet, frame, words, sourceAt, 3, 3, 0)
  return answer(view, packet, frame, words, sourceAt, 1, 4, 0)
}

/** Time to live ran out in transit: ICMP 11/0, ICMPv6 3/0. */
export function timeExceeded(
  view: DataView,
  packet: Answerable,
  frame: Frame,
  words: Int32Array,
  sourceAt: number,
): boolean {
  return answer(view, packet, frame, words, sourceAt, frame.family === 4 ? 11 : 3, 0, 0)
}

/** Fragmentation needed (ICMP 3/4, RFC 1191 4), packet too big (ICMPv6 2/0). `mtu`: bytes the next hop takes. */
export function fragmentationNeeded(
  view: DataView,
  packet: Answerable,
  frame: Frame,
  words: Int32Array,
  sourceAt: number,
  mtu: number,
): boolean {
  if (frame.family === 4) return answer(view, packet, frame, words, sourceAt, 3, 4, Math.min(mtu, 0xffff))
  return answer(view, packet, frame, words, sourceAt, 2, 0, mtu)
}

/** An error of another node passed on, in this node's words: the same type and code in the packet's own family. */
export function unreachable(
  view: DataView,
  packet: Answerable,
  frame: Frame,
  words: Int32Array,
  sourceAt: number,
  type: number,
  code: number,
): boolean {
  return answer(view, packet, frame, words, sourceAt, type, code, 0)
}

/**
 * Turns the packet into an error to its source; `rest` is the second word of the ICMP header. Afterwards `packet` says
 * where the error lies and `frame` no longer describes it. False, and nothing done, about a packet that must not be
 * answered (RFC 1122 3.2.2, RFC 4443 2.4 (e)): an ICMP error, a later fragment, one from or to a group.
 */
function answer(
  view: DataView,
  packet: Answerable,
  frame: Frame,
  words: Int32Array,
  sourceAt: number,
  type: number,
  code: number,
  rest: number,
): boolean {
  if (!answerable(frame)) return false
  const v4 = frame.family === 4
  const headers = (v4 ? layout.IPV4_HEADER : layout.IPV6_HEADER) + layout.ICMP_HEADER
  const length = Math.min(headers + frame.length, v4 ? LONGEST_V4 : LONGEST_V6)
  const at = frame.at - headers
  const message = frame.at - layout.ICMP_HEADER
  if (v4) writeIpv4(view, at, length, view.getUint8(frame.at + layout.IPV4_TOS))
  else writeIpv6(view, at, length)
  const covered = writeAddresses(view, at, frame, words, sourceAt)
  view.setUint32(message, (type << 24) | (code << 16))
  view.setUint32(message + layout.ICMP_REST, rest)
  const icmpLength = at + length - message
  const initial = v4 ? 0 : covered + Protocol.icmp6 + icmpLength
  view.setUint16(message + layout.ICMP_CHECKSUM, ~checksum.fold(checksum.sum(view, message, icmpLength, initial)))
  if (v4) view.setUint16(at + layout.IPV4_CHECKSUM, ~checksum.fold(checksum.sum(view, at, layout.IPV4_HEADER, 0)))
  packet.at = at
  packet.length = length
  packet.flags = packet.gsoType = packet.gsoSize = 0
  return true
}

function answerable(frame: Frame): boolean {
  if (frame.fragment === Fragment.later || isIcmpError(frame)) return false
  return isHost(frame, SOURCE) && isHost(frame, DESTINATION)
}

/** A single host's address: not unspecified, not multicast, not IPv4's limited broadcast or class E. */
function isHost(frame: Frame, side: number): boolean {
  const { words } = frame
  if (frame.family === 4) return words[side + 3] !== 0 && words[side + 3] >>> 29 !== 7
  const unspecified = (words[side] | words[side + 1] | words[side + 2] | words[side + 3]) === 0
  return !unspecified && words[side] >>> 24 !== 0xff
}

function writeIpv4(view: DataView, at: number, length: number, tos: number): void {
  view.setUint32(at, (0x45 << 24) | (((tos & TOS_BITS) | CONTROL) << 16) | length)
  view.setUint32(at + layout.IPV4_ID, DONT_FRAGMENT)
  view.setUint32(at + layout.IPV4_TTL, (TTL << 24) | (Protocol.icmp << 16))
}

function writeIpv6(view: DataView, at: number, length: number): void {
  view.setUint32(at, 6 << 28)
  view.setUint32(at + layout.IPV6_PAYLOAD_LENGTH, ((length - layout.IPV6_HEADER) << 16) | (Protocol.icmp6 << 8) | TTL)
}

/** From words[sourceAt..] to the packet's source; returns both addresses' unfolded sum. */
function writeAddresses(view: DataView, at: number, frame: Frame, words: Int32Array, sourceAt: number): number {
  const first = layout.firstWord(frame.family)
  const source = at + layout.addressesAt(frame.family)
  const size = (4 - first) << 2
  for (let i = first; i < 4; i++) {
    const offset = source + ((i - first) << 2)
    view.setInt32(offset, words[sourceAt + i])
    view.setInt32(offset + size, frame.words[SOURCE + i])
  }
  return checksum.sum(view, source, size * 2, 0)
}
