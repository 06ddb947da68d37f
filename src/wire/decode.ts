/**
 * Bytes to Frame: `decode` for a received packet, `decodeInner` for the packet inside an ICMP error.
 *
 * What both check: every header lies inside the bounds, lengths agree with each other, extension headers are few
 * and well-formed. What they leave to the kernel or the end hosts: checksums (a wrong IPv4 header checksum never gets
 * past the kernel's input), options, TCP flags that make no sense.
 */
import { Reason } from '../failure/reason.js'
import { skipExtensions } from './extension.js'
import { DESTINATION, Fragment, type Frame, SOURCE } from './frame.js'
import * as layout from './layout.js'
import { readTransport } from './transport.js'

const NONE = Reason.none
const WHOLE = Fragment.none

/**
 * Reads the packet in [at, limit) of the ring into `frame`. Bytes after the IP length (link padding) are ignored.
 * `frame.partialChecksum` is not in the packet: the caller sets it from the virtio header, before or after.
 * Returns Reason.none, or why the packet cannot be carried; the frame is then half filled and not to be used.
 */
export function decode(view: DataView, at: number, limit: number, frame: Frame): number {
  return decodeHeaders(view, at, limit, frame, false)
}

/**
 * Reads the packet that an ICMP error carries (call it when `isIcmpError(frame)`) into `inner`, and sets
 * `frame.icmpError`. The embedded packet may be cut short: its IP header and 8 bytes after it are enough (RFC 792,
 * RFC 4443 3); `inner.length` counts only what is there. A later fragment inside has no ports.
 */
export function decodeInner(view: DataView, frame: Frame, inner: Frame): number {
  const reason = decodeQuoted(view, frame.transport + layout.ICMP_HEADER, frame.at + frame.length, inner)
  if (reason !== NONE) return reason
  if (inner.family !== frame.family) return Reason.badVersion
  frame.icmpError = true
  return NONE
}

/** A packet that stands inside another one, in [at, limit), and may be cut short as above. */
export function decodeQuoted(view: DataView, at: number, limit: number, frame: Frame): number {
  frame.partialChecksum = false
  return decodeHeaders(view, at, limit, frame, true)
}

/** A whole ICMP or ICMPv6 error of a kind that speaks of a connection: v4 types 3, 4, 11, 12, v6 types 1 to 4. */
export function isIcmpError(frame: Frame): boolean {
  if (frame.protocol !== layout.icmpOf(frame.family) || frame.fragment !== WHOLE) return false
  const type = frame.icmpType
  if (frame.family === 6) return type >= 1 && type <= 4
  return type === 3 || type === 4 || type === 11 || type === 12
}

function decodeHeaders(view: DataView, at: number, limit: number, frame: Frame, embedded: boolean): number {
  if (limit - at < layout.IPV4_HEADER) return Reason.truncated
  frame.at = at
  frame.icmpError = false
  frame.fragment = WHOLE
  const version = view.getUint8(at) >>> 4
  if (version !== 4 && version !== 6) return Reason.badVersion
  const reason = version === 4 ? readIpv4(view, limit, frame, embedded) : readIpv6(view, limit, frame, embedded)
  return reason === NONE ? readTransport(view, frame, embedded) : reason
}

function readIpv4(view: DataView, limit: number, frame: Frame, embedded: boolean): number {
  const at = frame.at
  const header = (view.getUint8(at) & 15) << 2
  const total = view.getUint16(at + layout.IPV4_TOTAL_LENGTH)
  const there = limit - at
  if (header < layout.IPV4_HEADER || header > there) return Reason.badHeaderLength
  if (total < header || (total > there && !embedded)) return Reason.badTotalLength
  if (frame.family !== 4) becomeMapped(frame)
  frame.length = total < there ? total : there
  frame.ttl = view.getUint8(at + layout.IPV4_TTL)
  frame.protocol = view.getUint8(at + layout.IPV4_PROTOCOL)
  frame.transport = at + header
  const fragment = view.getUint16(at + layout.IPV4_FRAGMENT) & 0x3fff
  if (fragment !== 0) frame.fragment = (fragment & 0x1fff) === 0 ? Fragment.first : Fragment.later
  frame.words[SOURCE + 3] = view.getInt32(at + layout.IPV4_SOURCE)
  frame.words[DESTINATION + 3] = view.getInt32(at + layout.IPV4_SOURCE + 4)
  return NONE
}

/** What all IPv4 addresses have in common stays in the frame from one packet to the next. */
function becomeMapped(frame: Frame): void {
  frame.family = 4
  frame.words.fill(0)
  frame.words[SOURCE + 2] = frame.words[DESTINATION + 2] = 0xffff
}

/** ::ffff:0:0/96 in an IPv6 header would pass for an IPv4 address everywhere behind (draft-itojun-v6ops-v4mapped-harmful). */
const isMapped = (words: Int32Array, at: number): boolean =>
  words[at + 2] === 0xffff && (words[at] | words[at + 1]) === 0

function readIpv6(view: DataView, limit: number, frame: Frame, embedded: boolean): number {
  const at = frame.at
  const there = limit - at
  if (there < layout.IPV6_HEADER) return Reason.truncated
  const total = layout.IPV6_HEADER + view.getUint16(at + layout.IPV6_PAYLOAD_LENGTH)
  if (total > there && !embedded) return Reason.badTotalLength
  frame.family = 6
  frame.length = total < there ? total : there
  frame.ttl = view.getUint8(at + layout.IPV6_HOP_LIMIT)
  for (let i = 0; i < 8; i++) frame.words[i] = view.getInt32(at + layout.IPV6_SOURCE + 4 * i)
  if (isMapped(frame.words, SOURCE) || isMapped(frame.words, DESTINATION)) return Reason.mappedAddress
  frame.protocol = view.getUint8(at + layout.IPV6_NEXT_HEADER)
  frame.transport = at + layout.IPV6_HEADER
  return skipExtensions(view, frame)
}
