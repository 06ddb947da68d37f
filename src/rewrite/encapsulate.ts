/**
 * A packet put into another one, in the headroom before it: IP in IP (RFC 2003, RFC 2473), GRE (RFC 2784) and GUE
 * (draft-ietf-intarea-gue), byte for byte as IPVS does (net/netfilter/ipvs/ip_vs_xmit.c, ip_vs_tunnel_xmit).
 *
 *   GRE   0 checksum present   2 ethertype   [4 checksum   6 zero]
 *   GUE   0 version, control, header length in words   1 protocol   2 flags   [4 private flags   8 start   10 offset]
 */
import * as checksum from '../wire/checksum.js'
import { DONT_FRAGMENT } from '../wire/fragment.js'
import { DESTINATION, type Frame, SOURCE } from '../wire/frame.js'
import * as layout from '../wire/layout.js'
import type { Sendable } from './pieces.js'

export const PROTOCOL_IPV4 = 4
export const PROTOCOL_IPV6 = 41
export const PROTOCOL_GRE = 47

export const GRE_HEADER = 4
export const GRE_CHECKSUM = 4
const GRE_CHECKSUM_PRESENT = 0x8000
const ETHERTYPE_IPV4 = 0x0800
const ETHERTYPE_IPV6 = 0x86dd

export const GUE_HEADER = 4
/** The option for a checksum that the far end completes, with the private flags that announce it. */
export const GUE_REMOTE = 8
const GUE_PRIVATE = 0x0001
const GUE_REMOTE_FLAG = 0x8000_0000

/** Congestion experienced is not carried outside (RFC 3168 9.1.1, full functionality). */
const CE = 3
const ECT_0 = 2
/** Linux's default range of local ports: where flows are told apart by. */
const FIRST_PORT = 32_768
const PORTS = 28_232

/** The outer header to be; the same object for every packet. */
export class Outer {
  family: 4 | 6 = 4
  /** As in a Frame. */
  readonly words = new Int32Array(8)
  ttl = 0
  dsField = 0
  dontFragment = false
  /** Of what it carries, in the terms of IP. */
  inner = 0
  /** Tells flows apart, for those who balance by ports. */
  flow = 0

  /** What the outer header takes over from the packet. */
  inherit(view: DataView, frame: Frame): void {
    const { words } = frame
    const v4 = frame.family === 4
    const field = v4 ? view.getUint8(frame.at + layout.IPV4_TOS) : (view.getUint16(frame.at) >>> 4) & 0xff
    this.dsField = (field & CE) === CE ? (field & ~CE) | ECT_0 : field
    this.ttl = frame.ttl
    this.dontFragment = v4 && (view.getUint16(frame.at + layout.IPV4_FRAGMENT) & DONT_FRAGMENT) !== 0
    this.inner = v4 ? PROTOCOL_IPV4 : PROTOCOL_IPV6
    let flow = (frame.sourcePort << 16) | frame.destinationPort
    for (let i = 0; i < 8; i++) flow = Math.imul(flow ^ words[i], 0x85ebca6b)
    this.flow = (flow ^ (flow >>> 15)) >>> 0
  }
}

export const ipHeader = (family: 4 | 6): number => (family === 4 ? layout.IPV4_HEADER : layout.IPV6_HEADER)

export function ipip(view: DataView, packet: Sendable, outer: Outer): void {
  pushIp(view, packet, outer, outer.inner)
}

export function gre(view: DataView, packet: Sendable, outer: Outer, hasChecksum: boolean): void {
  const at = push(packet, hasChecksum ? GRE_HEADER + GRE_CHECKSUM : GRE_HEADER)
  view.setUint16(at, hasChecksum ? GRE_CHECKSUM_PRESENT : 0)
  view.setUint16(at + 2, outer.inner === PROTOCOL_IPV4 ? ETHERTYPE_IPV4 : ETHERTYPE_IPV6)
  if (hasChecksum) {
    view.setUint32(at + 4, 0)
    view.setUint16(at + 4, ~checksum.fold(checksum.sum(view, at, packet.length, 0)))
  }
  pushIp(view, packet, outer, PROTOCOL_GRE)
}

/**
 * `isRemote`: the packet's checksum is only begun, and the far end is told where to complete it. Then, or where
 * `hasChecksum`, the UDP header has one.
 */
export function gue(
  view: DataView,
  packet: Sendable,
  outer: Outer,
  port: number,
  hasChecksum: boolean,
  isRemote: boolean,
): void {
  if (isRemote) pushRemote(view, packet)
  const at = push(packet, layout.UDP_HEADER + GUE_HEADER)
  const header = at + layout.UDP_HEADER
  view.setUint8(header, isRemote ? GUE_REMOTE >> 2 : 0)
  view.setUint8(header + 1, outer.inner)
  view.setUint16(header + 2, isRemote ? GUE_PRIVATE : 0)
  view.setUint16(at, FIRST_PORT + (outer.flow % PORTS))
  view.setUint16(at + 2, port)
  view.setUint16(at + layout.UDP_LENGTH, packet.length)
  view.setUint16(at + layout.UDP_CHECKSUM, 0)
  if (hasChecksum || isRemote) {
    const pseudo = checksum.pseudoHeader(outer.words, layout.firstWord(outer.family), layout.UDP, packet.length)
    const sum = checksum.fold(checksum.sum(view, at, packet.length, pseudo))
    view.setUint16(at + layout.UDP_CHECKSUM, ~sum & 0xffff || 0xffff)
  }
  pushIp(view, packet, outer, layout.UDP)
}

function pushRemote(view: DataView, packet: Sendable): void {
  const at = push(packet, GUE_REMOTE)
  view.setUint32(at, GUE_REMOTE_FLAG)
  view.setUint16(at + 4, packet.checksumStart)
  view.setUint16(at + 6, packet.checksumStart + packet.checksumOffset)
}

function push(packet: Sendable, bytes: number): number {
  packet.at -= bytes
  packet.length += bytes
  return packet.at
}

/** The identification stays 0: whoever sends the packet, or cuts it, chooses one. */
function pushIp(view: DataView, packet: Sendable, outer: Outer, protocol: number): void {
  const v4 = outer.family === 4
  const at = push(packet, ipHeader(outer.family))
  if (v4) {
    view.setUint32(at, (0x45 << 24) | (outer.dsField << 16) | packet.length)
    view.setUint32(at + layout.IPV4_ID, outer.dontFragment ? DONT_FRAGMENT : 0)
    view.setUint32(at + layout.IPV4_TTL, (outer.ttl << 24) | (protocol << 16))
  } else {
    view.setUint32(at, (6 << 28) | (outer.dsField << 20))
    view.setUint32(
      at + layout.IPV6_PAYLOAD_LENGTH,
      ((packet.length - layout.IPV6_HEADER) << 16) | (protocol << 8) | outer.ttl,
    )
  }
  writeAddresses(view, at, outer)
  if (v4) view.setUint16(at + layout.IPV4_CHECKSUM, ~checksum.fold(checksum.sum(view, at, layout.IPV4_HEADER, 0)))
}

function writeAddresses(view: DataView, at: number, outer: Outer): void {
  const first = layout.firstWord(outer.family)
  const size = (4 - first) << 2
  let to = at + layout.addressesAt(outer.family)
  for (let i = first; i < 4; i++, to += 4) {
    view.setInt32(to, outer.words[SOURCE + i])
    view.setInt32(to + size, outer.words[DESTINATION + i])
  }
}
