/**
 * One packet, decoded: numbers only, one object reused for every packet.
 *
 * The wire layer promises: bytes are read once, in order, inside the given bounds; a packet that cannot be
 * read yields a Reason, never an exception; nothing is allocated. It will never do I/O, look anything up or
 * write to a packet.
 */

/** Offsets of the two addresses in `Frame.words`. */
export const SOURCE = 0
export const DESTINATION = 4

export const Protocol = { icmp: 1, tcp: 6, udp: 17, icmp6: 58, sctp: 132 } as const

export const TcpFlag = { fin: 1, syn: 2, rst: 4, psh: 8, ack: 16, urg: 32, ece: 64, cwr: 128 } as const

/** SCTP chunk types (RFC 9260 3.2). */
export const Chunk = { init: 1, abort: 6, cookieEcho: 10, cookieAck: 11 } as const
export const NO_CHUNK = 0xffff

/** What kind of fragment: none (whole packet), first (has the transport header), later (has not). */
export const Fragment = { none: 0, first: 1, later: 2 } as const

export class Frame {
  /** Offset of the IP header in the ring. */
  at = 0
  /** Length by the IP header, bytes; never past what was received. */
  length = 0
  family: 4 | 6 = 4
  /** Transport protocol after IPv6 extension headers. */
  protocol = 0
  /** Offset of the transport header in the ring. */
  transport = 0
  ttl = 0
  fragment = 0
  /** Source words at SOURCE, destination words at DESTINATION; IPv4 in mapped form, whenever `family` is 4. */
  readonly words = Int32Array.of(0, 0, 0xffff, 0, 0, 0, 0xffff, 0)
  /** Ports; for ICMP echo both are the identifier; 0 where there are none. */
  sourcePort = 0
  destinationPort = 0
  /** TCP flag bits of byte 13; 0 for other protocols. */
  tcpFlags = 0
  /** The SCTP chunk that decides the state: the first, or an ABORT behind a cookie; NO_CHUNK for none. */
  chunk = NO_CHUNK
  /** The transport checksum field holds only the pseudo-header sum (VIRTIO_NET_HDR_F_NEEDS_CSUM). */
  partialChecksum = false
  icmpType = 0
  icmpCode = 0
  /** True for an ICMP or ICMPv6 error whose embedded packet was decoded into the engine's inner frame. */
  icmpError = false
}
