/**
 * ICMP errors about the packets of a tunnel (net/netfilter/ipvs/ip_vs_core.c, ip_vs_in_icmp): a router between director and
 * real server tells the director, who sent them. The client, whose packet is inside, is told by the virtual address.
 *
 *   error | packet of the tunnel | its GRE or UDP and GUE headers | the client's packet, cut short
 */
import * as record from '../conn/record.js'
import type { ConnectionTable } from '../conn/table.js'
import { Reason } from '../failure/reason.js'
import type { Packet } from '../io/port.js'
import {
  GRE_CHECKSUM,
  GRE_HEADER,
  GUE_HEADER,
  PROTOCOL_GRE,
  PROTOCOL_IPV4,
  PROTOCOL_IPV6,
} from '../rewrite/encapsulate.js'
import { fragmentationNeeded, unreachable } from '../rewrite/icmp-error.js'
import { isSound } from '../rewrite/translate-error.js'
import { Method } from '../service/service.js'
import { decodeQuoted } from '../wire/decode.js'
import { DONT_FRAGMENT } from '../wire/fragment.js'
import { DESTINATION, Fragment, Frame } from '../wire/frame.js'
import * as layout from '../wire/layout.js'
import type { PathMtu } from './path-mtu.js'

const GRE_CHECKSUM_PRESENT = 0x8000
const GUE_WORDS = 0x1f

export class TunnelError {
  private readonly view: DataView
  private readonly table: ConnectionTable
  private readonly paths: PathMtu
  private readonly client = new Frame()

  constructor(view: DataView, table: ConnectionTable, paths: PathMtu) {
    this.view = view
    this.table = table
    this.paths = paths
  }

  /**
   * Turns the error in `frame`, which quotes `outer`, into one to the client. False, and nothing done, if it is about no tunnel
   * of a connection here, or nothing that a client should know.
   */
  answer(packet: Packet, frame: Frame, outer: Frame, nowTick: number): boolean {
    const { view, client } = this
    if (!frame.icmpError || outer.fragment === Fragment.later) return false
    const at = this.carried(outer)
    const limit = frame.at + frame.length
    if (at < 0 || at >= limit || decodeQuoted(view, at, limit, client) !== Reason.none) return false
    if (client.fragment === Fragment.later || !this.isOurs(outer) || !isSound(view, frame)) return false
    if (!isTooBig(frame)) return this.other(packet, frame)
    const mtu = this.toldBy(frame)
    if (mtu > 0) this.paths.learn(outer.words, DESTINATION, outer.family as 4 | 6, mtu, nowTick)
    return this.tooBig(packet, mtu - (at - outer.at))
  }

  /** Where the packet inside begins; -1 if this is no tunnel that fullnat makes. */
  private carried(outer: Frame): number {
    const { view } = this
    const { protocol, transport } = outer
    if (protocol === PROTOCOL_IPV4 || protocol === PROTOCOL_IPV6) return transport
    if (transport + layout.UDP_HEADER + GUE_HEADER > view.byteLength) return -1
    if (protocol === PROTOCOL_GRE) {
      const flags = view.getUint16(transport)
      if ((flags & ~GRE_CHECKSUM_PRESENT) !== 0) return -1
      return transport + GRE_HEADER + (flags === 0 ? 0 : GRE_CHECKSUM)
    }
    if (protocol !== layout.UDP) return -1
    const header = transport + layout.UDP_HEADER
    return header + GUE_HEADER + ((view.getUint8(header) & GUE_WORDS) << 2)
  }

  /** Whether the client's packet belongs to a connection that a tunnel carries to where `outer` went. */
  private isOurs(outer: Frame): boolean {
    const { client, table } = this
    const ref = table.find(client.protocol, client.words, 0, (client.sourcePort << 16) | client.destinationPort)
    if (ref < 0 || (ref & 1) !== record.REQUEST) return false
    const base = table.base(ref >> 1)
    if (record.methodOf(table.words[base + record.META]) !== Method.tunnel) return false
    for (let i = 0; i < 4; i++) if (table.words[base + record.REAL + i] !== outer.words[DESTINATION + i]) return false
    return true
  }

  private toldBy(frame: Frame): number {
    const rest = this.view.getUint32(frame.transport + layout.ICMP_REST)
    return frame.family === 4 ? rest & 0xffff : rest
  }

  /** Less what the tunnel adds. One whose packets may be cut needs no telling. */
  private tooBig(packet: Packet, mtu: number): boolean {
    const { view, client } = this
    if (client.family === 4 && (view.getUint16(client.at + layout.IPV4_FRAGMENT) & DONT_FRAGMENT) === 0) return false
    return mtu > 0 && fragmentationNeeded(view, packet, client, client.words, DESTINATION, mtu)
  }

  /** Between families only "unreachable" has the same meaning: the host there (ICMP 3/1), its address (ICMPv6 1/3). */
  private other(packet: Packet, frame: Frame): boolean {
    const { view, client } = this
    let type = frame.icmpType
    let code = frame.icmpCode
    if (client.family !== frame.family) {
      if (type !== (frame.family === 4 ? 3 : 1)) return false
      type = client.family === 4 ? 3 : 1
      code = client.family === 4 ? 1 : 3
    }
    return unreachable(view, packet, client, client.words, DESTINATION, type, code)
  }
}

const isTooBig = (frame: Frame): boolean =>
  frame.family === 4 ? frame.icmpType === 3 && frame.icmpCode === 4 : frame.icmpType === 2
