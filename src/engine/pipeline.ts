/**
 * A packet's way: decode, find, match, schedule, source, insert, touch, rewrite. Reads as docs/packet-path.md.
 *
 * Promises for each packet: it goes on rewritten, goes on untouched to the host, comes back as an answer (ICMP error or
 * reset), or is dropped with a Reason counted. Nothing thrown, nothing allocated, no system call. It never sends.
 */
import * as record from '../conn/record.js'
import { Reason } from '../failure/reason.js'
import type { Packet } from '../io/port.js'
import { NatPacket } from '../nat/packet.js'
import { Outcome, type SourceSelector } from '../nat/source.js'
import type { NatChains } from '../nat/walk.js'
import { portUnreachable, timeExceeded } from '../rewrite/icmp-error.js'
import { reset } from '../rewrite/reset.js'
import { translate } from '../rewrite/translate.js'
import { addTtl } from '../rewrite/ttl.js'
import { Method } from '../service/service.js'
import type { ServiceTable } from '../service/table.js'
import { decode, isIcmpError } from '../wire/decode.js'
import { DESTINATION, Fragment, Frame, Protocol, SOURCE, TcpFlag } from '../wire/frame.js'
import type { Connections } from './connections.js'
import type { Events } from './events.js'
import { IcmpPath } from './icmp.js'
import type { Persistence } from './persistence.js'

export interface PipelineParts {
  view: DataView
  hops: number
  connections: Connections
  persistence: Persistence
  services: ServiceTable
  selector: SourceSelector
  drops: Float64Array
  events: Events
}

export class Pipeline {
  /** Replaced whole at each install. */
  chains: NatChains
  toHost = 0
  private readonly view: DataView
  private readonly connections: Connections
  private readonly services: ServiceTable
  private readonly selector: SourceSelector
  private readonly drops: Float64Array
  private readonly events: Events
  private readonly icmp: IcmpPath
  private readonly persistence: Persistence
  private readonly frame = new Frame()
  private readonly nat = new NatPacket()
  /** Added to the TTL so that the packet loses one in total, whatever the port itself takes. */
  private readonly ttlChange: number
  /** Handle of the template that chose the destination of the connection being opened; -1 none. */
  private template = -1
  private nowMs = 0
  private nowTick = 0

  constructor(parts: PipelineParts, chains: NatChains) {
    this.view = parts.view
    this.connections = parts.connections
    this.persistence = parts.persistence
    this.services = parts.services
    this.selector = parts.selector
    this.drops = parts.drops
    this.events = parts.events
    this.chains = chains
    this.ttlChange = parts.hops - 1
    this.icmp = new IcmpPath(parts.view, parts.connections.table)
  }

  /** True: send `packet` (its `at`, `length` and offload fields are up to date). False: dropped and counted. */
  handle(packet: Packet, nowMs: number): boolean {
    const { frame } = this
    this.nowMs = nowMs
    this.nowTick = record.toTick(nowMs)
    const reason = decode(this.view, packet.at, packet.at + packet.length, frame)
    if (reason !== Reason.none) return this.drop(reason)
    frame.partialChecksum = (packet.flags & 1) === 1
    if (isIcmpError(frame)) return this.icmpError(packet)
    if (frame.fragment !== Fragment.none) return this.pass()
    const ports = (frame.sourcePort << 16) | frame.destinationPort
    const ref = this.connections.table.find(frame.protocol, frame.words, 0, ports)
    return ref >= 0 ? this.known(packet, ref) : this.unknown(packet)
  }

  /** A packet of a connection; a SYN may end an old one that has its tuple. */
  private known(packet: Packet, ref: number): boolean {
    const { frame, connections } = this
    if ((ref & 1) === record.REQUEST) {
      const opens = frame.protocol === Protocol.tcp && (frame.tcpFlags & (TcpFlag.syn | TcpFlag.ack)) === TcpFlag.syn
      if (opens && connections.reusable(ref >> 1)) {
        connections.close(ref >> 1)
        return this.unknown(packet)
      }
      if (!this.services.alive(connections.table.words[connections.table.base(ref >> 1) + record.DESTINATION_SLOT]))
        return this.drop(Reason.destinationRemoved)
    }
    return this.forward(packet, ref)
  }

  private unknown(packet: Packet): boolean {
    const { frame } = this
    const service = this.services.find(frame.protocol, frame.words, DESTINATION, frame.destinationPort)
    if (service < 0) return this.pass()
    if (frame.protocol === Protocol.tcp && (frame.tcpFlags & (TcpFlag.syn | TcpFlag.rst)) !== TcpFlag.syn)
      return this.stray(packet)
    if (this.isLastHop()) return this.expired(packet)
    if (this.connections.table.full) return this.drop(this.tellFull())
    const destination = this.choose(service)
    if (destination < 0) return this.refuse(packet)
    const reason = this.open(service, destination)
    return reason < 0 ? this.forward(packet, ~reason << 1) : this.drop(reason)
  }

  /** The destination for a new connection: its client's, if the service is persistent, else the scheduler's. */
  private choose(slot: number): number {
    const service = this.services.get(slot)
    this.template = -1
    if (service.spec.persistenceMs === 0) return service.schedule(this.frame, this.nowMs)
    this.template = this.persistence.template(service, this.frame, this.nowTick, this.nowMs)
    if (this.template < 0) return -1
    const { table } = this.connections
    return table.words[table.base(this.template) + record.DESTINATION_SLOT]
  }

  /** Source and table entry for a new connection: ~handle, or the Reason why not. */
  private open(service: number, destination: number): number {
    const { frame, nat } = this
    const { destinations } = this.services
    if (destinations.method[destination] !== Method.masq) return Reason.notPlain
    if (this.connections.table.full) return this.tellFull() // a template took the last entry
    // A persistent service for many ports keeps the one the client used, whatever port its real servers name.
    const keepsPort = this.template >= 0 && frame.destinationPort !== this.services.get(service).spec.port
    const realPort = (keepsPort ? 0 : destinations.port[destination]) || frame.destinationPort
    this.fillNat(destination, realPort)
    const source = this.selector.select(nat, this.chains.walk(nat))
    if (source.outcome === Outcome.drop) return Reason.ruleDrop
    if (source.outcome === Outcome.dry) {
      this.events.poolDry(source.pool, this.nowTick)
      return Reason.poolDry
    }
    const handle = this.connections.open(frame, service, destination, realPort, source, this.nowTick)
    if (this.template >= 0) this.connections.control(handle, this.template)
    return ~handle
  }

  private tellFull(): number {
    const { capacity } = this.connections.table
    this.events.tableFull(capacity, this.nowTick)
    return Reason.tableFull
  }

  private fillNat(destination: number, realPort: number): void {
    const { frame, nat } = this
    const { destinations } = this.services
    nat.family = frame.family
    nat.protocol = frame.protocol
    for (let i = 0; i < 4; i++) {
      nat.words[i] = frame.words[SOURCE + i]
      nat.words[4 + i] = destinations.words[destination * 4 + i]
      nat.words[8 + i] = frame.words[DESTINATION + i]
    }
    nat.sourcePort = frame.sourcePort
    nat.destinationPort = realPort
    nat.virtualPort = frame.destinationPort
    nat.method = destinations.method[destination]
    nat.controlPort = this.template < 0 ? -1 : this.virtualPortOf(this.template)
    nat.outInterface = destinations.outInterface[destination]
    nat.outAddress = destinations.outAddress[destination]
    nat.bytes = frame.length
  }

  private virtualPortOf(handle: number): number {
    const { table } = this.connections
    return table.words[table.base(handle) + record.CLIENT_PORTS] & 0xffff
  }

  /** Counts, moves the state, applies the translation. */
  private forward(packet: Packet, ref: number): boolean {
    const { frame, view, connections } = this
    const { words } = connections.table
    const base = connections.table.base(ref >> 1)
    if (this.isLastHop()) return this.expired(packet)
    connections.touch(ref, frame, this.nowTick)
    addTtl(view, frame, this.ttlChange)
    if ((ref & 1) === record.REQUEST) {
      const ports = words[base + record.REAL_PORTS]
      translate(view, frame, words, base + record.SOURCE_ADDRESS, ports & 0xffff, base + record.REAL, ports >>> 16)
    } else {
      const ports = words[base + record.CLIENT_PORTS]
      translate(view, frame, words, base + record.VIRTUAL, ports & 0xffff, base + record.CLIENT, ports >>> 16)
    }
    return true
  }

  /**
   * A copy of an ICMP error that the host received as well: true if it speaks of a connection here and is now fit for
   * its other side, who is one hop (of the host's routing) away.
   */
  handleCopy(packet: Packet): boolean {
    const { frame } = this
    if (decode(this.view, packet.at, packet.at + packet.length, frame) !== Reason.none || !isIcmpError(frame))
      return false
    frame.partialChecksum = false
    const reason = this.icmp.translate(frame)
    packet.length = frame.length
    return reason === Reason.none || (reason !== Reason.untracked && this.drop(reason))
  }

  private icmpError(packet: Packet): boolean {
    const { frame } = this
    const reason = this.icmp.translate(frame)
    if (reason === Reason.untracked) return this.pass()
    if (reason !== Reason.none) return this.drop(reason)
    if (this.isLastHop()) return this.drop(Reason.ttlExceeded)
    addTtl(this.view, frame, this.ttlChange)
    packet.length = frame.length
    return true
  }

  /** Not ours: to the host as it came, with the hop it lost on the way here given back. */
  private pass(): boolean {
    this.toHost++
    if (this.ttlChange > 0) addTtl(this.view, this.frame, this.ttlChange)
    return true
  }

  /** No real server may take it: the client hears so at once (ip_vs_leave: port unreachable). */
  private refuse(packet: Packet): boolean {
    this.drop(Reason.noDestination)
    return portUnreachable(this.view, packet, this.frame, this.frame.words, DESTINATION)
  }

  /** A segment of a balanced service that no connection knows and that opens none: reset, as the host would. */
  private stray(packet: Packet): boolean {
    this.drop(Reason.untracked)
    return reset(this.view, packet, this.frame)
  }

  private isLastHop(): boolean {
    return this.frame.ttl + this.ttlChange < 1
  }

  private expired(packet: Packet): boolean {
    this.drop(Reason.ttlExceeded)
    return timeExceeded(this.view, packet, this.frame, this.frame.words, DESTINATION)
  }

  private drop(reason: number): false {
    this.drops[reason]++
    return false
  }
}
