/** What a packet's protocol says of connections that begin (net/netfilter/ipvs/ip_vs_core.c). */
import { Chunk, type Frame, Protocol, TcpFlag } from '../wire/frame.js'
import type { EngineSettings } from './table.js'

/** A firewall mark may be on anything, but nothing else is ever a connection (ip_vs_in: ip_vs_proto_data_get). */
export const isBalanced = (protocol: number): boolean =>
  protocol === Protocol.tcp || protocol === Protocol.udp || protocol === Protocol.sctp

/** TCP with SYN, SCTP's INIT (is_new_conn). */
export const asksAnew = ({ protocol, tcpFlags, chunk }: Frame): boolean =>
  protocol === Protocol.tcp ? (tcpFlags & TcpFlag.syn) !== 0 : protocol === Protocol.sctp && chunk === Chunk.init

/** May it open a connection? Sloppy: from its middle as well, so that another director's connections go on here. */
export function mayOpen({ protocol, tcpFlags, chunk }: Frame, { sloppyTcp, sloppySctp }: EngineSettings): boolean {
  if (protocol === Protocol.tcp) return (tcpFlags & TcpFlag.rst) === 0 && (sloppyTcp || (tcpFlags & TcpFlag.syn) !== 0)
  if (protocol !== Protocol.sctp) return true
  return chunk !== Chunk.abort && (sloppySctp || chunk === Chunk.init)
}
