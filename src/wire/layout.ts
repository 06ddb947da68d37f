/**
 * Where the fields of the headers lie, bytes from the header's start.
 *
 *   IPv4 (RFC 791)                                 IPv6 (RFC 8200)
 *    0 version, IHL   1 TOS   2 total length         0 version, class, flow   4 payload length
 *    4 id             6 flags, fragment offset       6 next header   7 hop limit
 *    8 TTL   9 protocol   10 checksum                8 source
 *   12 source        16 destination                 24 destination
 *
 *   TCP (RFC 9293)   0 ports   4 sequence   8 acknowledgement   12 data offset   13 flags   16 checksum
 *   UDP (RFC 768)    0 ports   4 length   6 checksum
 *   SCTP (RFC 9260)  0 ports   4 verification tag   8 CRC32c
 *   ICMP, ICMPv6     0 type   1 code   2 checksum   4 rest   8 body
 *
 * Plain numbers, not objects of numbers: a field of an imported object is looked up at every packet (measured: a third
 * of the speed of `translate`).
 */
import { type Frame, Protocol } from './frame.js'

export const IPV4_HEADER = 20
export const IPV4_TOS = 1
export const IPV4_TOTAL_LENGTH = 2
export const IPV4_ID = 4
export const IPV4_FRAGMENT = 6
export const IPV4_TTL = 8
export const IPV4_PROTOCOL = 9
export const IPV4_CHECKSUM = 10
export const IPV4_SOURCE = 12

export const IPV6_HEADER = 40
export const IPV6_PAYLOAD_LENGTH = 4
export const IPV6_NEXT_HEADER = 6
export const IPV6_HOP_LIMIT = 7
export const IPV6_SOURCE = 8

export const TCP_HEADER = 20
export const TCP_SEQUENCE = 4
export const TCP_ACKNOWLEDGEMENT = 8
export const TCP_DATA_OFFSET = 12
export const TCP_FLAGS = 13
export const TCP_CHECKSUM = 16

export const UDP_HEADER = 8
export const UDP_LENGTH = 4
export const UDP_CHECKSUM = 6

export const SCTP_HEADER = 12
export const SCTP_CHECKSUM = 8
export const SCTP_CHUNK_HEADER = 4

export const ICMP_HEADER = 8
export const ICMP_CODE = 1
export const ICMP_CHECKSUM = 2
export const ICMP_REST = 4

/** Offset of the source address; the destination's follows it directly. */
export const addressesAt = (family: 4 | 6): number => (family === 4 ? IPV4_SOURCE : IPV6_SOURCE)

/** The first of an address's four words that stands in a packet of this family. */
export const firstWord = (family: 4 | 6): number => (family === 4 ? 3 : 0)

/** The packet's length by its own IP header: in an embedded packet often more than what is there. */
export const statedLength = (view: DataView, frame: Frame): number =>
  frame.family === 4
    ? view.getUint16(frame.at + IPV4_TOTAL_LENGTH)
    : IPV6_HEADER + view.getUint16(frame.at + IPV6_PAYLOAD_LENGTH)

/** Protocol numbers once more, each a number of its own. */
export const { tcp: TCP, udp: UDP, sctp: SCTP, icmp: ICMP, icmp6: ICMP6 } = Protocol

/** The ICMP of this family; the other family's number is just an unknown protocol. */
export const icmpOf = (family: 4 | 6): number => (family === 4 ? ICMP : ICMP6)
