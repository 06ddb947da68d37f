/**
 * How a packet reaches a real server that answers past the director: by gate (direct routing) and by tunnel.
 *
 * The client's packet stays as it is but for its hop. gate: it goes to the real server as a neighbour, whatever destination it
 * bears. tunnel: inside another packet, to the real server's address. Ways out that do nothing to packets need them
 * finished: merged ones are cut into segments, checksums completed, and what is longer than the way takes is fragmented
 * or refused as net/netfilter/ipvs/ip_vs_xmit.c does. (masq rewrites and lets the host route: pipeline.ts.)
 */
import { Reason } from '../failure/reason.js'
import type { Packet } from '../io/port.js'
import * as encapsulate from '../rewrite/encapsulate.js'
import { Fragmenter } from '../rewrite/fragment.js'
import { fragmentationNeeded } from '../rewrite/icmp-error.js'
import { completeChecksum } from '../rewrite/pieces.js'
import { headersOf, Segmenter } from '../rewrite/segment.js'
import { addTtl, raiseTtl } from '../rewrite/ttl.js'
import type { Destinations } from '../service/destination.js'
import { Method, TunnelChecksum, type TunnelSpec, TunnelType } from '../service/service.js'
import { DONT_FRAGMENT } from '../wire/fragment.js'
import { DESTINATION, type Frame, SOURCE } from '../wire/frame.js'
import * as layout from '../wire/layout.js'
import { PathMtu } from './path-mtu.js'
import type { EngineSettings } from './table.js'

export interface ForwardingParts {
  view: DataView
  hops: number
  transmit: (packet: Packet) => void
  /** In [0, 2^32). */
  random: () => number
  drops: Float64Array
  /** Without pathMtuDiscovery IPv4 packets go through tunnels whatever their length, in fragments (pmtu_disc). */
  settings: Pick<EngineSettings, 'pathMtuDiscovery'>
}

const NEEDS_CHECKSUM = 1

export class Forwarding {
  private readonly view: DataView
  private readonly destinations: Destinations
  private readonly transmit: (packet: Packet) => void
  private readonly random: () => number
  private readonly drops: Float64Array
  private readonly settings: ForwardingParts['settings']
  /** Added to the TTL of what leaves directly, so that it loses one in total. */
  private readonly ttlChange: number
  private readonly hopsEachWay: number
  readonly paths: PathMtu
  private readonly outer = new encapsulate.Outer()
  private readonly segmenter: Segmenter
  private readonly fragmenter: Fragmenter

  constructor(parts: ForwardingParts, destinations: Destinations) {
    this.view = parts.view
    this.destinations = destinations
    this.paths = new PathMtu(destinations)
    this.transmit = parts.transmit
    this.random = parts.random
    this.drops = parts.drops
    this.settings = parts.settings
    this.hopsEachWay = parts.hops / 2
    this.ttlChange = this.hopsEachWay - 1
    this.segmenter = new Segmenter(parts.view)
    this.fragmenter = new Fragmenter(parts.view)
  }

  /**
   * Sends the packet in `frame` to a real server by gate or tunnel (the connection's own method: the server may have another by
   * now). True: send it as it now is. False: dropped and counted, or sent in pieces.
   */
  carry(packet: Packet, frame: Frame, slot: number, method: number, nowTick: number): boolean {
    const { view, destinations } = this
    const tunnel = method === Method.tunnel ? destinations.tunnel[slot] : null
    if (tunnel !== null && destinations.outAddress[slot] === null) return this.drop(Reason.portDown)
    const mtu = tunnel === null ? destinations.mtu[slot] : this.mtuInside(packet, slot, tunnel, nowTick)
    if (this.isTooBig(packet, frame, mtu, tunnel !== null)) {
      this.drop(Reason.tooBig)
      if (!fragmentationNeeded(view, packet, frame, frame.words, DESTINATION, mtu)) return false
      raiseTtl(view, packet.at, this.hopsEachWay)
      return true
    }
    if (this.ttlChange !== 0) addTtl(view, frame, this.ttlChange)
    packet.direct = destinations.family[slot] as 4 | 6
    for (let i = 0; i < 4; i++) packet.next[i] = destinations.words[slot * 4 + i]
    return packet.gsoType === 0 ? this.finish(packet, frame, slot, tunnel) : this.segments(packet, frame, slot, tunnel)
  }

  private segments(packet: Packet, frame: Frame, slot: number, tunnel: TunnelSpec | null): boolean {
    if (!this.segmenter.begin(packet, frame)) return this.drop(Reason.extensionChain)
    while (this.segmenter.next(packet, frame)) if (this.finish(packet, frame, slot, tunnel)) this.transmit(packet)
    return false
  }

  /** One packet, no longer merged. */
  private finish(packet: Packet, frame: Frame, slot: number, tunnel: TunnelSpec | null): boolean {
    const { view } = this
    const isRemote = tunnel !== null && completesFar(packet, tunnel)
    if (!isRemote && packet.flags & NEEDS_CHECKSUM) completeChecksum(view, packet)
    if (tunnel !== null) this.encapsulate(packet, frame, slot, tunnel, isRemote)
    packet.flags = 0
    const mtu = this.destinations.mtu[slot]
    // What came in pieces goes on in pieces as long; around it a tunnel's own packet is another datagram.
    const longest = packet.pieceLength > 0 && tunnel === null ? Math.min(packet.pieceLength, mtu) : mtu
    return packet.length <= longest || this.fragments(packet, longest)
  }

  private fragments(packet: Packet, longest: number): false {
    this.fragmenter.begin(packet, longest, this.random() >>> 0 || 1)
    while (this.fragmenter.next(packet)) this.transmit(packet)
    return false
  }

  private encapsulate(packet: Packet, frame: Frame, slot: number, tunnel: TunnelSpec, isRemote: boolean): void {
    const { view, outer, destinations } = this
    outer.inherit(view, frame)
    if (!this.settings.pathMtuDiscovery) outer.dontFragment = false
    outer.family = destinations.family[slot] as 4 | 6
    const source = destinations.outAddress[slot]!
    for (let i = 0; i < 4; i++) {
      outer.words[SOURCE + i] = source[i]
      outer.words[DESTINATION + i] = destinations.words[slot * 4 + i]
    }
    if (tunnel.type === TunnelType.ipip) encapsulate.ipip(view, packet, outer)
    else if (tunnel.type === TunnelType.gre)
      encapsulate.gre(view, packet, outer, tunnel.checksum === TunnelChecksum.csum)
    else encapsulate.gue(view, packet, outer, tunnel.port, tunnel.checksum !== TunnelChecksum.nocsum, isRemote)
  }

  /** What a packet in the tunnel may be long. */
  private mtuInside(packet: Packet, slot: number, tunnel: TunnelSpec, nowTick: number): number {
    return Math.min(this.destinations.mtu[slot], this.paths.of(slot, nowTick)) - this.overhead(packet, slot, tunnel)
  }

  /** Bytes that this kind of tunnel puts around the packet. */
  private overhead(packet: Packet, slot: number, tunnel: TunnelSpec): number {
    const ip = encapsulate.ipHeader(this.destinations.family[slot] as 4 | 6)
    if (tunnel.type === TunnelType.ipip) return ip
    if (tunnel.type === TunnelType.gre)
      return ip + encapsulate.GRE_HEADER + (tunnel.checksum === TunnelChecksum.csum ? encapsulate.GRE_CHECKSUM : 0)
    const remote = completesFar(packet, tunnel) ? encapsulate.GUE_REMOTE : 0
    return ip + layout.UDP_HEADER + encapsulate.GUE_HEADER + remote
  }

  /** Whether the packet, or each segment of a merged one, is longer than `mtu` and may not be cut (ensure_mtu_is_adequate). */
  private isTooBig(packet: Packet, frame: Frame, mtu: number, isTunnel: boolean): boolean {
    // What came in fragments leaves in such (IP6CB(skb)->frag_max_size).
    if (frame.length <= mtu || (packet.pieceLength > 0 && packet.pieceLength <= mtu)) return false
    if (packet.gsoType !== 0 && headersOf(this.view, frame) + packet.gsoSize <= mtu) return false
    if (frame.family === 6) return true
    if (isTunnel && !this.settings.pathMtuDiscovery) return false
    return (this.view.getUint16(frame.at + layout.IPV4_FRAGMENT) & DONT_FRAGMENT) !== 0
  }

  private drop(reason: number): false {
    this.drops[reason]++
    return false
  }
}

/** The far end completes what its sender left to a device. */
const completesFar = (packet: Packet, tunnel: TunnelSpec): boolean =>
  tunnel.type === TunnelType.gue && tunnel.checksum === TunnelChecksum.remcsum && (packet.flags & NEEDS_CHECKSUM) !== 0
