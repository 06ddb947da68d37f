/**
 * What the engine does with a packet, and why: the pipeline's own steps as a dry run.
 *
 * Promises that nothing changes by it: no counter, no scheduler's turn, no port, no template. It may take its time: it is for
 * people. A packet by its tuple alone: a SYN without options, a datagram without content.
 */
import { familyOf, format } from '../address/words.js'
import * as record from '../conn/record.js'
import type { ConnectionTable } from '../conn/table.js'
import { REASONS, Reason } from '../failure/reason.js'
import { NatPacket } from '../nat/packet.js'
import { Outcome, type SourceSelector } from '../nat/source.js'
import { Binding, type Foresight, type NatChains } from '../nat/walk.js'
import { FTP, Method, type Service } from '../service/service.js'
import type { ServiceTable } from '../service/table.js'
import { Frame, Protocol, TcpFlag } from '../wire/frame.js'
import type { DropRing } from './drop-ring.js'
import type { Asked, Explanation, ForeseenView, RunningView, SourceView, WalkView } from './explanation.js'
import { isHalfOpen } from './half-open.js'
import { view } from './listing.js'
import { load, serviceOf } from './matching.js'
import { fillNat } from './opening.js'
import type { PathMtu } from './path-mtu.js'
import type { Persistence } from './persistence.js'
import type { EngineSettings } from './table.js'

const KINDS = ['none', 'snat', 'masquerade', 'drop'] as const
const OUTCOMES = ['kept', 'translated', 'dry', 'drop'] as const
/** IP and TCP headers. */
const SYN_LENGTH = { 4: 40, 6: 60 } as const
/** Older drops are another story. */
const DROPS_MS = 600_000
const DROPS_MOST = 20
/** As long as any packet: the way was not asked for, the host routes what masq makes. */
const ANY_LENGTH = 65_535

export interface ExplainParts {
  table: ConnectionTable
  services: ServiceTable
  selector: SourceSelector
  persistence: Persistence
  settings: EngineSettings
  dropped: DropRing
}

/** What is replaced at an install, or is the pipeline's. */
export interface ExplainBeside {
  marks: NatChains
  chains: NatChains
  paths: PathMtu
}

export class Explainer {
  private readonly parts: ExplainParts
  private readonly nat = new NatPacket()
  private readonly frame = new Frame()

  constructor(parts: ExplainParts) {
    this.parts = parts
  }

  explain(asked: Asked, beside: ExplainBeside, nowMs: number): Explanation {
    const { table, dropped } = this.parts
    const { frame } = this
    const nowTick = record.toTick(nowMs)
    this.load(asked)
    const ports = (asked.sourcePort << 16) | asked.destinationPort
    const ref = table.find(asked.protocol, frame.words, 0, ports)
    return {
      running: ref < 0 ? null : this.running(ref, beside, nowTick),
      foreseen: this.foresee(beside, nowTick, nowMs),
      drops: dropped.view(frame.words, ports, nowTick, DROPS_MS, DROPS_MOST),
    }
  }

  private load({ protocol, source, sourcePort, destination, destinationPort }: Asked): void {
    const { frame } = this
    frame.family = familyOf(destination)
    frame.protocol = protocol
    frame.words.set(source, 0)
    frame.words.set(destination, 4)
    frame.sourcePort = sourcePort
    frame.destinationPort = destinationPort
    frame.tcpFlags = protocol === Protocol.tcp ? TcpFlag.syn : 0
    frame.length = SYN_LENGTH[frame.family]
  }

  private running(ref: number, { paths }: ExplainBeside, nowTick: number): RunningView {
    const { table, services } = this.parts
    const { words } = table
    const base = table.base(ref >> 1)
    const meta = words[base + record.META]
    const slot = words[base + record.DESTINATION_SLOT]
    const { id, service } = services.destinations
    return {
      view: view(table, ref >> 1, nowTick),
      reply: (ref & 1) === record.REPLY,
      service: slot < 0 ? 0 : services.get(service[slot]).spec.id,
      destination: services.alive(slot) ? id[slot] : 0,
      method: record.methodOf(meta),
      ageMs: ((nowTick - words[base + record.CREATED]) | 0) * record.TICK_MS,
      packets: words[base + record.IN_PACKETS],
      halfOpen: isHalfOpen(meta),
      mtu: slot < 0 ? 0 : this.mtuOf(slot, paths, nowTick),
    }
  }

  private mtuOf(slot: number, paths: PathMtu, nowTick: number): number {
    const mtu = Math.min(this.parts.services.destinations.mtu[slot], paths.of(slot, nowTick))
    return mtu < ANY_LENGTH ? mtu : 0
  }

  private foresee({ marks, chains, paths }: ExplainBeside, nowTick: number, nowMs: number): ForeseenView {
    const { frame, nat } = this
    const { services } = this.parts
    load(nat, frame)
    const marked = marks.look(nat)
    const found: ForeseenView = {
      marks: { ...walkView(marked), mark: nat.mark },
      service: null,
      template: null,
      candidates: [],
      destination: 0,
      method: 0,
      port: 0,
      mtu: 0,
      source: null,
      reason: 'none',
    }
    if (marked.kind === Binding.drop) return { ...found, reason: 'ruleDrop' }
    const slot = serviceOf(nat, services, frame)
    if (slot < 0) return found
    const service = services.get(slot)
    found.service = { id: service.spec.id, by: this.foundBy(service) }
    found.candidates = candidatesOf(service)
    this.choose(service, found, chains, paths, nowTick, nowMs)
    return found
  }

  private foundBy({ spec }: Service): 'mark' | 'exact' | 'any-port' | 'ftp' {
    if (spec.fwmark > 0) return 'mark'
    if (spec.port === this.frame.destinationPort) return 'exact'
    return spec.port === FTP ? 'ftp' : 'any-port'
  }

  private choose(
    service: Service,
    found: ForeseenView,
    chains: NatChains,
    paths: PathMtu,
    nowTick: number,
    nowMs: number,
  ): void {
    const { table, persistence, services } = this.parts
    const { frame } = this
    const { spec } = service
    const { destinations } = services
    const isPersistent = spec.persistenceMs > 0 && spec.engine === ''
    const template = isPersistent ? persistence.peek(service, frame) : -1
    if (template >= 0) found.template = view(table, template, nowTick)
    const wants = spec.persistenceMs > 0 || spec.fwmark > 0 || spec.port === frame.destinationPort
    const scheduled = (): number => (wants ? service.peek(frame, nowMs) : -1)
    const slot = template >= 0 ? table.words[table.base(template) + record.DESTINATION_SLOT] : scheduled()
    if (slot < 0) found.reason = 'noDestination'
    if (slot < 0) return
    const keepsPort = spec.persistenceMs > 0 && frame.destinationPort !== spec.port
    found.destination = destinations.id[slot]
    found.method = destinations.method[slot]
    found.port = (keepsPort ? 0 : destinations.port[slot]) || frame.destinationPort
    found.mtu = this.mtuOf(slot, paths, nowTick)
    if (found.method === Method.masq) this.source(service, slot, found, chains)
    if (table.full && found.reason === 'none') found.reason = 'tableFull'
  }

  private source({ spec }: Service, slot: number, found: ForeseenView, chains: NatChains): void {
    const { nat, frame } = this
    const { services, selector, settings } = this.parts
    const port = frame.destinationPort === spec.port && spec.port !== FTP ? spec.port : 0
    fillNat(nat, services.destinations, slot, found.port, frame, spec.persistenceMs > 0 ? port : -1)
    nat.alone = spec.onePacket
    const walk: Foresight = settings.translates ? chains.look(nat) : { kind: Binding.none, source: null, counted: [] }
    const { outcome, address, port: sourcePort, pool } = selector.preview(nat, walk)
    const source: SourceView = {
      ...walkView(walk),
      outcome: OUTCOMES[outcome],
      address: format(address),
      port: sourcePort,
      pool,
    }
    found.source = source
    if (outcome === Outcome.drop) found.reason = 'ruleDrop'
    if (outcome === Outcome.dry) found.reason = REASONS[Reason.poolDry]
  }
}

const walkView = ({ kind, counted }: Foresight): WalkView => ({ kind: KINDS[kind], counted: [...counted] })

function candidatesOf({ list, count, destinations }: Service) {
  const { id, weight, active, inactive, upper, overloaded } = destinations
  return Array.from(list.subarray(0, count), (slot) => ({
    destination: id[slot],
    weight: weight[slot],
    active: active[slot],
    inactive: inactive[slot],
    upper: upper[slot],
    overloaded: overloaded[slot] !== 0,
  }))
}
