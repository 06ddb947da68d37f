/**
 * A new connection, from its first packet: schedule, source, insert.
 *
 * Persistence comes before the scheduler, the nat chain is walked once, and nothing is left behind by a connection that
 * cannot be made. What the answer means for the packet is the pipeline's to decide.
 */
import * as record from '../conn/record.js'
import { Reason } from '../failure/reason.js'
import { type NatPacket, SERVER, VIRTUAL } from '../nat/packet.js'
import { Outcome, type Source, type SourceSelector } from '../nat/source.js'
import { Binding, type NatChains, type WalkResult } from '../nat/walk.js'
import type { Destinations } from '../service/destination.js'
import { Method, type ServiceSpec } from '../service/service.js'
import type { ServiceTable } from '../service/table.js'
import { DESTINATION, Frame, Protocol, SOURCE } from '../wire/frame.js'
import type { Connections } from './connections.js'
import type { Events } from './events.js'
import type { Expectations } from './expectations.js'
import type { HalfOpen } from './half-open.js'
import type { KernelSide } from './kernel-side.js'
import { type Persistence, UNNAMED } from './persistence.js'
import type { Repair } from './repair.js'
import type { EngineSettings } from './table.js'

/** Gate and tunnel leave the packet as it is: POSTROUTING is not asked, no port is taken. */
const UNTOUCHED: Source = {
  outcome: Outcome.kept,
  address: new Int32Array(4),
  port: 0,
  pooled: false,
  early: false,
  pool: '',
}

/** More than once in a row the program is never faster. */
const TRIES = 3

/** Why `choose` chose none. */
export const reasonOf = (choice: number): number => (choice === UNNAMED ? Reason.unnamed : Reason.noDestination)

/** The nat table was not looked at. */
const UNASKED: WalkResult = { kind: Binding.none, source: null }

export interface OpeningParts {
  /** It may have made the connection that is looked for. */
  kernel: KernelSide | null
  /** What Matching found out about the packet. */
  nat: NatPacket
  connections: Connections
  halfOpen: HalfOpen
  persistence: Persistence
  services: ServiceTable
  selector: SourceSelector
  repair: Repair
  events: Events
  settings: EngineSettings
  expectations: Expectations
}

export class Opening {
  /** Replaced whole at each install. */
  chains: NatChains
  private readonly kernel: KernelSide | null
  private readonly connections: Connections
  private readonly halfOpen: HalfOpen
  private readonly services: ServiceTable
  private readonly selector: SourceSelector
  private readonly events: Events
  private readonly persistence: Persistence
  private readonly repair: Repair
  private readonly settings: EngineSettings
  private readonly expectations: Expectations
  private readonly nat: NatPacket
  /** A packet turned around, and the client's own address for its source. */
  private readonly opposite = new Frame()
  private readonly ownSource = { ...UNTOUCHED, address: new Int32Array(4) }
  /** Handle of the template that chose the destination, or of the connection that foretold this one; -1 none. */
  private template = -1

  constructor(parts: OpeningParts, chains: NatChains) {
    this.nat = parts.nat
    this.kernel = parts.kernel
    this.connections = parts.connections
    this.halfOpen = parts.halfOpen
    this.persistence = parts.persistence
    this.repair = parts.repair
    this.services = parts.services
    this.selector = parts.selector
    this.events = parts.events
    this.settings = parts.settings
    this.expectations = parts.expectations
    this.chains = chains
  }

  /**
   * The handle of the connection that the packet in `frame` opens with `service`; ~Reason if it opens none. Beside a program
   * that takes sources too, another one if it was faster.
   */
  open(service: number, frame: Frame, nowTick: number, nowMs: number): number {
    if (this.kernel === null) return this.openOnce(service, frame, nowTick, nowMs)
    for (let tries = TRIES; ; tries--) {
      this.kernel.beginOpening()
      const handle = this.openOnce(service, frame, nowTick, nowMs)
      if (this.kernel.endOpening(handle) || tries === 0) return handle
    }
  }

  private openOnce(service: number, frame: Frame, nowTick: number, nowMs: number): number {
    if (this.connections.table.full && !this.halfOpen.makeRoom(nowTick)) return ~this.tellFull(nowTick)
    const destination = this.choose(service, frame, nowTick, nowMs)
    if (destination < 0) return ~reasonOf(destination)
    if (this.connections.table.full) return ~this.tellFull(nowTick) // a template took the last entry
    return this.insert(service, destination, frame, nowTick)
  }

  /** UNNAMED as of Persistence.template. The destination for a new connection: its client's, if the service is persistent, else the scheduler's. */
  choose(slot: number, frame: Frame, nowTick: number, nowMs: number): number {
    const service = this.services.get(slot)
    this.template = -1
    const { persistenceMs, fwmark, port } = service.spec
    if (persistenceMs === 0 && fwmark === 0 && port !== frame.destinationPort) return -1
    if (persistenceMs === 0) return service.schedule(frame, nowMs)
    this.template = this.persistence.template(service, frame, nowTick, nowMs)
    if (this.template < 0) return this.template
    const { table } = this.connections
    return table.words[table.base(this.template) + record.DESTINATION_SLOT]
  }

  /** Source and table entry. */
  private insert(service: number, destination: number, frame: Frame, nowTick: number): number {
    const { destinations } = this.services
    const realPort = this.portAt(service, destination, frame)
    const masq = destinations.method[destination] === Method.masq
    const source = masq ? this.sourceBeside(destination, realPort, frame, nowTick) : UNTOUCHED
    const reason = this.refusalOf(source, nowTick)
    if (reason !== Reason.none) return ~reason
    const handle = this.connections.open(frame, service, destination, realPort, source, nowTick)
    if (this.template >= 0) this.connections.control(handle, this.template)
    if (frame.protocol !== Protocol.udp) this.halfOpen.opened(handle, nowTick)
    if (source.early) this.events.poolTight(source.pool, nowTick)
    this.repair.begin(handle, frame, nowTick)
    return handle
  }

  /**
   * The connection of a datagram that a real server sends of itself, where its service's engine goes by what it says
   * (ip_vs_new_conn_out); -1: it has none, and the datagram goes its own way.
   */
  openFromReal(frame: Frame, nowTick: number): number {
    const { opposite, services } = this
    if (!services.anyEngine || frame.protocol !== Protocol.udp) return -1
    const destination = services.realOf(frame.protocol, frame.words, SOURCE, frame.sourcePort)
    if (destination < 0 || this.connections.table.full) return -1
    const service = services.get(services.destinations.service[destination])
    if (service.spec.engine === '' || services.destinations.method[destination] !== Method.masq) return -1
    this.turn(frame, service.spec)
    const ports = (opposite.sourcePort << 16) | opposite.destinationPort
    if (this.connections.table.find(opposite.protocol, opposite.words, 0, ports) >= 0) return -1
    const template = this.persistence.templateOf(service, destination, opposite, nowTick)
    if (template < 0 || this.connections.table.full) return -1
    const handle = this.connections.open(opposite, service.slot, destination, frame.sourcePort, this.ownSource, nowTick)
    this.connections.control(handle, template)
    return handle
  }

  /** One-packet scheduling: such a connection ends with its datagram. */
  isAlone(handle: number): boolean {
    const { table } = this.connections
    return this.services.get(table.words[table.base(handle) + record.SERVICE_SLOT]).spec.onePacket
  }

  /** The packet as the client of that service would have sent it. */
  private turn(frame: Frame, spec: ServiceSpec): void {
    const { opposite, ownSource } = this
    opposite.at = frame.at
    opposite.length = frame.length
    opposite.transport = frame.transport
    opposite.family = frame.family
    opposite.protocol = frame.protocol
    opposite.sourcePort = ownSource.port = frame.destinationPort
    opposite.destinationPort = spec.port
    for (let i = 0; i < 4; i++) {
      opposite.words[SOURCE + i] = ownSource.address[i] = frame.words[DESTINATION + i]
      opposite.words[DESTINATION + i] = spec.address[i]
    }
  }

  /** The first packet of a connection that was foretold. Reason.none, or why it does not begin. */
  meet(ref: number, frame: Frame, nowTick: number): number {
    const { table } = this.connections
    if (!this.services.alive(table.words[table.base(ref >> 1) + record.DESTINATION_SLOT]))
      return Reason.destinationRemoved
    if ((ref & 1) === record.REQUEST) return this.meetClient(ref >> 1, frame, nowTick)
    return this.expectations.meetServer(ref >> 1, frame.sourcePort)
  }

  /** Its source is chosen, as `--vportctl` may ask. */
  private meetClient(handle: number, frame: Frame, nowTick: number): number {
    const { words } = this.connections.table
    const base = this.connections.table.base(handle)
    this.template = words[base + record.CONTROL] - 1
    const source = this.source(
      words[base + record.DESTINATION_SLOT],
      words[base + record.REAL_PORTS] >>> 16,
      frame,
      false,
    )
    const reason = this.refusalOf(source, nowTick)
    if (reason !== Reason.none) return reason
    this.expectations.meetClient(handle, frame.sourcePort, source)
    this.repair.begin(handle, frame, nowTick)
    return Reason.none
  }

  /** A persistent service for many ports keeps the one the client used, whatever port its real servers name. */
  portAt(service: number, destination: number, frame: Frame): number {
    const keepsPort = this.template >= 0 && frame.destinationPort !== this.services.get(service).spec.port
    return (keepsPort ? 0 : this.services.destinations.port[destination]) || frame.destinationPort
  }

  /** Why a packet with this source cannot go on; Reason.none if it can. */
  refusalOf(source: Source, nowTick: number): number {
    if (source.outcome === Outcome.drop) return Reason.ruleDrop
    if (source.outcome !== Outcome.dry) return Reason.none
    this.events.poolDry(source.pool, nowTick)
    return Reason.poolDry
  }

  /** The program in the kernel takes ports of the same pool in turn. */
  private sourceBeside(destination: number, realPort: number, frame: Frame, nowTick: number): Source {
    this.kernel?.services.lendCursor(destination, frame.sourcePort)
    const source = this.source(destination, realPort, frame, false)
    this.kernel?.services.takeCursor(destination, frame.sourcePort, source.early, nowTick)
    return source
  }

  /** What the nat table makes the packet's source; `alone`: it begins no connection. Read it before the next call. */
  source(destination: number, realPort: number, frame: Frame, alone: boolean): Source {
    const controlPort = this.template < 0 ? -1 : this.virtualPortOf(this.template)
    fillNat(this.nat, this.services.destinations, destination, realPort, frame, controlPort)
    this.nat.alone = alone
    return this.selector.select(this.nat, this.settings.translates ? this.chains.walk(this.nat) : UNASKED)
  }

  private tellFull(nowTick: number): number {
    this.events.tableFull(this.connections.table.capacity, nowTick)
    return Reason.tableFull
  }

  private virtualPortOf(handle: number): number {
    const { table } = this.connections
    return table.words[table.base(handle) + record.CLIENT_PORTS] & 0xffff
  }
}

/** The packet as it goes to its real server. */
export function fillNat(
  nat: NatPacket,
  destinations: Destinations,
  destination: number,
  realPort: number,
  frame: Frame,
  controlPort: number,
): void {
  for (let i = 0; i < 4; i++) {
    nat.words[SERVER + i] = destinations.words[destination * 4 + i]
    nat.words[VIRTUAL + i] = frame.words[DESTINATION + i]
  }
  nat.destinationPort = realPort
  nat.virtualPort = frame.destinationPort
  nat.method = destinations.method[destination]
  nat.controlPort = controlPort
  nat.outInterface = destinations.outInterface[destination]
  nat.outAddress = destinations.outAddress[destination]
}
