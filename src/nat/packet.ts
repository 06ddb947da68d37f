/** What a chain may ask about the first packet of a connection: one object, reused for every connection. */
import type { Words } from '../address/words.js'

/** Offsets of the addresses in `NatPacket.words`; IPv4 in mapped form. */
export const CLIENT = 0
export const SERVER = 4
export const VIRTUAL = 8

export class NatPacket {
  family: 4 | 6 = 4
  protocol = 0
  /** Client at CLIENT, real server at SERVER (before one is chosen, the virtual address), virtual address at VIRTUAL. */
  readonly words = new Int32Array(12)
  /** The client's port. */
  sourcePort = 0
  /** The real server's port, or the virtual one before a server is chosen. */
  destinationPort = 0
  virtualPort = 0
  /** It belongs to no connection: one-packet scheduling. */
  alone = false
  /** Forwarding method as IPVS numbers it: 0 masq, 1 local, 2 tunnel, 3 gate. */
  method = 0
  /** Virtual port of the controlling connection (a persistence template, an FTP control connection); -1: none. */
  controlPort = -1
  /** Interface towards the real server, and its primary address; '' and null where there is no route. */
  outInterface = ''
  outAddress: Words | null = null
  /** TCP flag bits; 0 for other protocols. */
  tcpFlags = 0
  /** Where TCP's options or SCTP's chunks lie, [from, to); none for other protocols. */
  view: DataView = new DataView(new ArrayBuffer(0))
  listFrom = 0
  listTo = 0
  /** The packet's mark, unsigned; walks read and change it. */
  mark = 0
  /** Length at the IP layer. */
  bytes = 0
}
