/**
 * A packet's way: decode, find, match, open (schedule, source, insert), touch, rewrite or carry. Reads as docs/packet-path.md.
 *
 * Promises for each packet: it goes on rewritten or carried, goes on untouched to the host, comes back as an answer (ICMP
 * error or reset), or is dropped with a Reason counted. Nothing thrown, nothing allocated. It sends nothing itself, but hands
 * each piece of a packet that has to be cut to `transmit`.
 */
import * as record from '../conn/record.js'
import { Reason } from '../failure/reason.js'
import type { Packet } from '../io/port.js'
import type { NatChains } from '../nat/walk.js'
import { portUnreachable, timeExceeded } from '../rewrite/icmp-error.js'
import { reset } from '../rewrite/reset.js'
import { translate } from '../rewrite/translate.js'
import { addTtl, raiseTtl } from '../rewrite/ttl.js'
import { FTP, Method } from '../service/service.js'
import type { ServiceTable } from '../service/table.js'
import { decode, isIcmpError } from '../wire/decode.js'
import { Chunk, DESTINATION, Fragment, type Frame, NO_CHUNK, Protocol, SOURCE, TcpFlag } from '../wire/frame.js'
import { Applications } from './application/application.js'
import { asksAnew, isBalanced, mayOpen } from './beginning.js'
import type { Connections } from './connections.js'
import type { DropRing } from './drop-ring.js'
import type { Expectations } from './expectations.js'
import { Forwarding, type ForwardingParts } from './forwarding.js'
import { IcmpPath } from './icmp.js'
import { Intake, portsOf } from './intake.js'
import type { KernelSide } from './kernel-side.js'
import { DROPPED, Matching } from './matching.js'
import { OnePacket } from './one-packet.js'
import { Opening, type OpeningParts } from './opening.js'
import type { Overload } from './overload.js'
import type { PathMtu } from './path-mtu.js'
import { HELD, type Reassembly } from './reassembly/reassembly.js'
import { NOBODYS, SpokenOf } from './spoken-of.js'
import type { EngineSettings } from './table.js'
import { TunnelError } from './tunnel-error.js'
import { COPY, STEERED, Twins } from './twins.js'

const SPECIAL = record.Flag.inactive | record.Flag.cold | record.Flag.application
const FTP_DATA = 20

export type PipelineParts = OpeningParts &
  ForwardingParts & { overload: Overload; reassembly: Reassembly; dropped: DropRing }

export class Pipeline {
  toHost = 0
  private readonly view: DataView
  private readonly kernel: KernelSide | null
  private readonly connections: Connections
  private readonly services: ServiceTable
  private readonly transmit: (packet: Packet) => void
  private readonly drops: Float64Array
  private readonly dropped: DropRing
  private readonly settings: EngineSettings
  private readonly overload: Overload
  private readonly icmp: IcmpPath
  private readonly spokenOf: SpokenOf
  private readonly twins: Twins
  private readonly applications: Applications
  private readonly expectations: Expectations
  private readonly matching: Matching
  private readonly opening: Opening
  private readonly onePacket: OnePacket
  private readonly reassembly: Reassembly
  private readonly intake: Intake
  /** Of the packet being carried. */
  private frame: Frame
  private readonly forwarding: Forwarding
  private readonly tunnelError: TunnelError
  /** Added to the TTL so that the packet loses one in total, whatever the port itself takes. */
  private readonly ttlChange: number
  /** What the port takes off a packet on each of its two ways. */
  private readonly hopsEachWay: number
  private nowMs = 0
  private nowTick = 0

  constructor(parts: PipelineParts, marks: NatChains, chains: NatChains) {
    this.view = parts.view
    this.kernel = parts.kernel
    this.connections = parts.connections
    this.services = parts.services
    this.drops = parts.drops
    this.dropped = parts.dropped
    this.settings = parts.settings
    this.overload = parts.overload
    this.reassembly = parts.reassembly
    this.transmit = parts.transmit
    this.ttlChange = parts.hops - 1
    this.hopsEachWay = parts.hops / 2
    this.intake = new Intake(parts.view, parts.connections.table)
    this.frame = this.intake.frames[0]
    this.icmp = new IcmpPath(parts.view, parts.connections.table, parts.repair)
    this.expectations = parts.expectations
    this.applications = new Applications(parts.view, parts.connections.table, parts.expectations, parts.repair)
    this.matching = new Matching(parts.view, parts.services, parts.nat, marks)
    this.opening = new Opening(parts, chains)
    this.spokenOf = new SpokenOf(parts, this.icmp, this.matching, this.opening)
    this.twins = new Twins(parts.view)
    this.onePacket = new OnePacket(this.opening, parts.services, parts.connections)
    this.forwarding = new Forwarding(parts, parts.services.destinations)
    this.tunnelError = new TunnelError(parts.view, parts.connections.table, this.forwarding.paths)
  }

  /** What routers said of ways to real servers. */
  get paths(): PathMtu {
    return this.forwarding.paths
  }

  /** mangle's PREROUTING. */
  get marks(): NatChains {
    return this.matching.chains
  }

  /** nat's POSTROUTING. */
  get chains(): NatChains {
    return this.opening.chains
  }

  setChains(marks: NatChains, chains: NatChains): void {
    this.matching.chains = marks
    this.opening.chains = chains
  }

  /**
   * True: send `packet` (its `at`, `length` and offload fields are up to date). False: dropped and
   * counted, or sent in pieces.
   */
  handle(packet: Packet, nowMs: number): boolean {
    this.setTime(nowMs)
    this.intake.read(packet, 0)
    this.intake.lookAhead(1)
    return this.carry(packet, 0)
  }

  /** The first `count` of `packets`, one after the other; what is to be sent is sent by `transmit`. */
  handleBurst(packets: readonly Packet[], count: number, nowMs: number): void {
    this.setTime(nowMs)
    for (let i = 0; i < count; i++) this.intake.read(packets[i], i)
    this.intake.lookAhead(count)
    for (let i = 0; i < count; i++) if (this.carry(packets[i], i)) this.transmit(packets[i])
  }

  private setTime(nowMs: number): void {
    this.nowMs = nowMs
    this.nowTick = record.toTick(nowMs)
  }

  private carry(packet: Packet, i: number): boolean {
    const { intake } = this
    const frame = intake.frames[i]
    this.frame = frame
    const reason = intake.reasons[i]
    if (reason !== Reason.none) return this.dropUnread(reason)
    if (isIcmpError(frame)) return this.icmpError(packet)
    if (frame.fragment !== Fragment.none) return this.fragment(packet, i)
    const { table } = this.connections
    const ref = table.findWarmed(i, intake.hashes[i], frame.protocol, frame.words, 0, portsOf(frame))
    return this.follow(packet, ref)
  }

  /** `ref`: of its connection, -1 if it has none. */
  private follow(packet: Packet, ref: number): boolean {
    if (this.settings.standsBack && (ref < 0 || (ref & 1) === record.REQUEST)) return this.pass()
    return ref >= 0 ? this.known(packet, ref) : this.unknown(packet)
  }

  /**
   * A copy of an ICMP error that the host received as well: true if it speaks of a connection here and is now fit for
   * its other side, who is one hop (of the host's routing) away.
   */
  handleCopy(packet: Packet, nowMs: number): boolean {
    this.setTime(nowMs)
    const { frame } = this
    if (decode(this.view, packet.at, packet.at + packet.length, frame) !== Reason.none || !isIcmpError(frame))
      return false
    frame.partialChecksum = false
    packet.length = frame.length
    const ref = this.spokenOf.find(frame, this.nowTick, this.nowMs)
    if (ref < NOBODYS) return this.drop(~ref)
    if (ref < 0) return this.answers(packet, this.tunnelError.answer(packet, frame, this.icmp.inner, this.nowTick))
    if (this.twins.isSecond(frame, COPY)) return false
    if (this.connections.isPast(ref)) return this.redirectCopy(packet, ref)
    const reason = this.icmp.translate(frame, ref)
    if (reason !== Reason.none) return this.drop(reason)
    this.connections.count(ref, frame.length)
    return true
  }

  /** With its last fragment a datagram goes on as any packet does, and is cut again at the end. */
  private fragment(packet: Packet, i: number): boolean {
    const { frame, intake, reassembly } = this
    const held = reassembly.add(frame, packet, this.nowTick)
    if (held !== Reason.none) return held !== HELD && this.drop(held)
    const { at, length } = packet
    intake.read(packet, i)
    if (intake.reasons[i] !== Reason.none) return this.dropUnread(intake.reasons[i])
    if (frame.fragment !== Fragment.none) return this.drop(Reason.badFragment)
    const ref = this.connections.table.findHashed(intake.hashes[i], frame.protocol, frame.words, 0, portsOf(frame))
    const sent = isIcmpError(frame) ? this.icmpError(packet) : this.follow(packet, ref)
    // An answer stands elsewhere or is shorter; what leaves directly has been cut.
    const isAsItCame = packet.at === at && packet.length === length && packet.direct === 0
    return sent && (!isAsItCame || reassembly.leave(packet, this.transmit))
  }

  /** A packet of a connection; a SYN may end an old one that has its tuple. */
  private known(packet: Packet, ref: number): boolean {
    const { frame, connections } = this
    if ((ref & 1) === record.REQUEST) {
      if (asksAnew(frame) && connections.reusable(ref >> 1)) return this.anew(packet, ref)
      const { words } = connections.table
      const destination = words[connections.table.base(ref >> 1) + record.DESTINATION_SLOT]
      if (!this.services.alive(destination)) return this.orphaned(packet, ref, destination)
    }
    return this.forward(packet, ref)
  }

  /** The old connection of this tuple ends, as if the packet had met none. */
  private anew(packet: Packet, ref: number): boolean {
    this.connections.close(ref >> 1)
    return this.unknown(packet)
  }

  /** Its real server was removed, or (-1) is not here after a restart. */
  private orphaned(packet: Packet, ref: number, destination: number): boolean {
    const { table } = this.connections
    const controls = table.words[table.base(ref >> 1) + record.CONTROLLED] > 0
    if (destination >= 0 && this.settings.expireNoDestination && !controls) return this.anew(packet, ref)
    return this.drop(Reason.destinationRemoved)
  }

  /** A packet that no connection knows: of no service, or one that opens a connection, or a stray one. */
  private unknown(packet: Packet): boolean {
    const { frame } = this
    if (!isBalanced(frame.protocol)) return this.pass()
    if (this.kernel?.collect()) {
      const ref = this.connections.table.find(frame.protocol, frame.words, 0, portsOf(frame))
      if (ref >= 0) return this.known(packet, ref)
    }
    const service = this.matching.find(frame)
    if (service === DROPPED) return this.drop(Reason.ruleDrop)
    const foretold = this.connections.expected > 0 ? this.expectations.find(frame) : -1
    if (foretold >= 0) return this.meet(packet, foretold)
    if (service < 0) return this.foreign(packet)
    if (frame.sourcePort === FTP_DATA) return this.pass() // active FTP's data, from a real server
    if (!mayOpen(frame, this.settings)) return this.stray(packet, service)
    if (this.overload.dropsPacket()) return this.drop(Reason.overload)
    if (this.isLastHop()) return this.expired(packet)
    if (frame.protocol === Protocol.udp && this.services.get(service).spec.onePacket) return this.alone(packet, service)
    const handle = this.opening.open(service, frame, this.nowTick, this.nowMs)
    if (handle >= 0) return this.forward(packet, handle << 1)
    return ~handle === Reason.noDestination ? this.refuse(packet, service) : this.drop(~handle)
  }

  /** The first packet of a connection that was foretold. */
  private meet(packet: Packet, ref: number): boolean {
    if (this.isLastHop()) return this.expired(packet)
    const reason = this.opening.meet(ref, this.frame, this.nowTick)
    return reason === Reason.none ? this.forward(packet, ref) : this.drop(reason)
  }

  /** Of no service. With nat_icmp_send a real server hears that its connection is not known here. */
  private foreign(packet: Packet): boolean {
    const { frame } = this
    const { protocol, tcpFlags, chunk } = frame
    const handle = this.opening.openFromReal(frame, this.nowTick)
    if (handle >= 0) return this.fromReal(packet, handle)
    if (!this.settings.natIcmpSend || (tcpFlags & TcpFlag.rst) !== 0 || chunk === Chunk.abort) return this.pass()
    if (!this.services.isReal(protocol, frame.words, SOURCE, frame.sourcePort)) return this.pass()
    this.drop(Reason.untracked)
    return this.answers(packet, portUnreachable(this.view, packet, frame, frame.words, DESTINATION))
  }

  private fromReal(packet: Packet, handle: number): boolean {
    const sent = this.forward(packet, (handle << 1) | record.REPLY)
    if (this.opening.isAlone(handle)) this.connections.close(handle)
    return sent
  }

  /** One-packet scheduling: the datagram finds its own real server, and nothing is remembered. */
  private alone(packet: Packet, service: number): boolean {
    const { frame, onePacket } = this
    const destination = onePacket.prepare(service, frame, this.nowTick, this.nowMs)
    if (destination < 0)
      return ~destination === Reason.noDestination ? this.refuse(packet, service) : this.drop(~destination)
    const { method, local } = this.services.destinations
    if (method[destination] !== Method.masq)
      return local[destination]
        ? this.pass()
        : this.forwarding.carry(packet, frame, destination, method[destination], this.nowTick)
    addTtl(this.view, frame, this.ttlChange)
    onePacket.translate(this.view, frame)
    return true
  }

  /** Counts, moves the state, applies the translation. */
  private forward(packet: Packet, ref: number): boolean {
    const { frame, view, connections } = this
    const { words } = connections.table
    const base = connections.table.base(ref >> 1)
    if (this.isLastHop()) return this.expired(packet)
    connections.touch(ref, frame, this.nowTick)
    if (record.methodOf(words[base + record.META]) !== Method.masq) return this.direct(packet, base)
    addTtl(view, frame, this.ttlChange)
    if ((ref & 1) === record.REQUEST) {
      const ports = words[base + record.REAL_PORTS]
      translate(view, frame, words, base + record.SOURCE_ADDRESS, ports & 0xffff, base + record.REAL, ports >>> 16)
    } else {
      const ports = words[base + record.CLIENT_PORTS]
      translate(view, frame, words, base + record.VIRTUAL, ports & 0xffff, base + record.CLIENT, ports >>> 16)
    }
    if ((words[base + record.META] & SPECIAL) === 0) return true
    const reason = this.applications.segment(packet, frame, ref, this.nowTick)
    return reason === Reason.none || this.drop(reason)
  }

  /** By gate or tunnel; a real server that is this host itself gets the packet as one for its own address. */
  private direct(packet: Packet, base: number): boolean {
    const { words } = this.connections.table
    const slot = words[base + record.DESTINATION_SLOT]
    if (!this.services.alive(slot)) return this.drop(Reason.destinationRemoved)
    if (this.services.destinations.local[slot]) return this.pass()
    return this.forwarding.carry(packet, this.frame, slot, record.methodOf(words[base + record.META]), this.nowTick)
  }

  /** The host has the error too, which is right if it is itself the real server. The copy has not lost its hop yet. */
  private redirectCopy(packet: Packet, ref: number): boolean {
    const base = this.connections.table.base(ref >> 1)
    const slot = this.connections.table.words[base + record.DESTINATION_SLOT]
    if (this.services.destinations.local[slot]) return false
    if (this.frame.ttl <= 1) return this.drop(Reason.ttlExceeded)
    if (this.ttlChange > 0) addTtl(this.view, this.frame, -this.ttlChange)
    return this.redirect(packet, ref)
  }

  private redirect(packet: Packet, ref: number): boolean {
    this.connections.count(ref, this.frame.length)
    return this.direct(packet, this.connections.table.base(ref >> 1))
  }

  private icmpError(packet: Packet): boolean {
    const { frame } = this
    const ref = this.spokenOf.find(frame, this.nowTick, this.nowMs)
    if (ref < NOBODYS) return this.drop(~ref)
    if (ref < 0)
      return this.answers(packet, this.tunnelError.answer(packet, frame, this.icmp.inner, this.nowTick)) || this.pass()
    if (this.twins.isSecond(frame, STEERED)) return false
    if (this.isLastHop()) return this.drop(Reason.ttlExceeded)
    if (this.connections.isPast(ref)) return this.redirect(packet, ref)
    const reason = this.icmp.translate(frame, ref)
    if (reason !== Reason.none) return this.drop(reason)
    addTtl(this.view, frame, this.ttlChange)
    packet.length = frame.length
    this.connections.count(ref, frame.length)
    return true
  }

  /** Not ours: to the host as it came, with the hop it lost on the way here given back. */
  private pass(): boolean {
    this.toHost++
    if (this.ttlChange > 0) addTtl(this.view, this.frame, this.ttlChange)
    return true
  }

  /**
   * No real server may take it: the client hears so at once (ip_vs_leave: port unreachable). What comes to an FTP service's
   * other ports may be for the host.
   */
  private refuse(packet: Packet, service: number): boolean {
    if (this.services.get(service).spec.port === FTP && this.frame.destinationPort !== FTP) return this.pass()
    this.drop(Reason.noDestination)
    addTtl(this.view, this.frame, this.hopsEachWay) // what is quoted is what was sent
    return this.answers(packet, portUnreachable(this.view, packet, this.frame, this.frame.words, DESTINATION))
  }

  /**
   * A segment of a balanced address and port that no connection knows and that opens none: reset, as the host would. (What
   * is balanced by mark may be anything, a connection of the host itself among it; so may what an FTP service's other ports get.)
   */
  private stray(packet: Packet, service: number): boolean {
    const { protocol, chunk } = this.frame
    if (protocol !== Protocol.tcp && chunk !== NO_CHUNK) return this.pass()
    const { fwmark, port } = this.services.get(service).spec
    if (fwmark > 0 || (port === FTP && this.frame.destinationPort !== FTP)) return this.pass()
    this.drop(Reason.untracked)
    return this.answers(packet, protocol === Protocol.tcp && reset(this.view, packet, this.frame))
  }

  private isLastHop(): boolean {
    return this.frame.ttl + this.ttlChange < 1
  }

  private expired(packet: Packet): boolean {
    this.drop(Reason.ttlExceeded)
    return this.answers(packet, timeExceeded(this.view, packet, this.frame, this.frame.words, DESTINATION))
  }

  /** An answer of the engine's own leaves the host with a fresh TTL, whatever the port takes off it. */
  private answers(packet: Packet, isOne: boolean): boolean {
    if (isOne) raiseTtl(this.view, packet.at, this.hopsEachWay)
    return isOne
  }

  private drop(reason: number): false {
    this.dropped.note(reason, this.frame, this.nowTick)
    return this.dropUnread(reason)
  }

  /** `frame` does not say whose it is. */
  private dropUnread(reason: number): false {
    this.drops[reason]++
    return false
  }
}
