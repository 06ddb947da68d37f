/**
 * The one interface between the engine and whatever carries packets.
 *
 * A port owns a ring of slots in one memory. It hands over the packets that waited, each in a slot of its own, described by
 * the same few Packets every time; the handler gives back to `transmit` what is to be sent: a packet where it lies now, or
 * pieces of it. The port promises HEADROOM bytes before and TAILROOM bytes after each received packet, and that the last
 * SPARE bytes of the memory belong to no slot: there the handler makes one datagram of many fragments. It never looks
 * inside a packet.
 */
export const HEADROOM = 128
export const TAILROOM = 64
/** Room for what a port writes before a packet, for HEADROOM, for the longest datagram of IPv6, and TAILROOM. */
export const SPARE = 16 + HEADROOM + 65_575 + TAILROOM
/** Where the datagram begins, from the end of the memory. */
export const SPARE_PACKET = 65_575 + TAILROOM

/** How many packets may be handed over at once, each in a slot of its own. */
export const BURST = 32

/** Offload facts that travel with a packet (virtio_net_hdr, linux/virtio_net.h). */
export class Packet {
  at = 0
  length = 0
  /** virtio flags: 1 NEEDS_CSUM, 2 DATA_VALID. */
  flags = 0
  /** 0 none, 1 TCPv4, 3 UDP (fragmentation), 4 TCPv6, 5 UDP_L4; bit 0x80 ECN. */
  gsoType = 0
  gsoSize = 0
  headerLength = 0
  /** Relative to `at`. */
  checksumStart = 0
  checksumOffset = 0
  /** The longest packet that a datagram of several fragments came in, and is to leave in; 0: it came whole. */
  pieceLength = 0
  /**
   * How it leaves: 0, as the host routes it by its own destination; 4 or 6, to the neighbour on the way to `next`, an
   * address of that family, whatever destination it bears. Then the facts above must be 0: nothing is done to it any more.
   */
  direct: 0 | 4 | 6 = 0
  /** Four words. */
  readonly next = new Int32Array(4)
}

/** The first `count` of `packets`, at most BURST. */
export type BurstHandler = (packets: readonly Packet[], count: number) => void

export interface PortCounters {
  received: number
  sent: number
  /** Packets the handler wanted sent that the kernel refused (interface down or full). */
  refused: number
}

export interface PacketPort {
  /** The ring, one long-lived view. */
  readonly view: DataView
  readonly counters: PortCounters
  /**
   * How much the port itself takes off the TTL, half of it on the way in, half on the way out (2 hops through a TUN
   * device). What leaves directly loses nothing on the way out.
   */
  readonly hops: number
  /** Begin to receive. */
  start(handler: BurstHandler): void
  /** Sends a packet that lies in the ring now. */
  transmit(packet: Packet): void
  stop(): void
}
