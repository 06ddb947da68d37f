/**
 * Where the fields of the headers lie, bytes from the header's start.
 *
 * IPv4 (RFC 791)                            IPv6 (RFC 8200)
 *   0 version, IHL   1 TOS   2 total length   0 version, class, flow   4 payload length   6 next header   7 hop limit
 *   4 id             6 flags, fragment offset 8 source (16)           24 destination (16)
 *   8 TTL   9 protocol   10 checksum
 *  12 source        16 destination
 *
 * TCP (RFC 9293): 0 ports, 12 data offset, 13 flags, 16 checksum. UDP (RFC 768): 0 ports, 4 length, 6 checksum.
 * SCTP (RFC 9260): 0 ports, 4 verification tag, 8 CRC32c. ICMP, ICMPv6: 0 type, 1 code, 2 checksum, 4 rest, 8 body.
 */
import { type Frame, Protocol } from './frame.js'

export const IPV4_HEADER = 20
export const IPV6_HEADER = 40
export const ICMP_HEADER = 8

export const ipv4 = { tos: 1, totalLength: 2, id: 4, fragment: 6, ttl: 8, protocol: 9, checksum: 10 } as const
export const ipv6 = { payloadLength: 4, nextHeader: 6, hopLimit: 7 } as const
export const tcp = { dataOffset: 12, flags: 13, checksum: 16, header: 20 } as const
export const udp = { length: 4, checksum: 6, header: 8 } as const
export const sctp = { checksum: 8, header: 12 } as const
export const icmp = { code: 1, checksum: 2, rest: 4 } as const

/** Offset of the source address; the destination's follows it directly. */
export const addressesAt = (family: 4 | 6): number => (family === 4 ? 12 : 8)

/** The first of an address's four words that stands in a packet of this family. */
export const firstWord = (family: 4 | 6): number => (family === 4 ? 3 : 0)

/** The packet's length by its own IP header: in an embedded packet more than what is there. */
export const statedLength = (view: DataView, frame: Frame): number =>
  frame.family === 4
    ? view.getUint16(frame.at + ipv4.totalLength)
    : IPV6_HEADER + view.getUint16(frame.at + ipv6.payloadLength)

export const hasPorts = (protocol: number): boolean =>
  protocol === Protocol.tcp || protocol === Protocol.udp || protocol === Protocol.sctp

/** The ICMP of this family; the other family's number is just an unknown protocol. */
export const icmpProtocol = (family: 4 | 6): number => (family === 4 ? Protocol.icmp : Protocol.icmp6)
