/**
 * The services whose new connections the program in the kernel makes by itself, as it finds them: who they are, whose turn
 * it is, and what becomes of a connection to each real server. Of every other service it says why the engine decides.
 *
 * The schedulers and the nat chains are asked here alone; the program sees their answers. What is decided for every client
 * alike is worked out beforehand; where a client makes a difference, the service stays with the engine.
 */

import { ticksOf } from '../conn/record.js'
import type { TupleHash } from '../conn/tuple-hash.js'
import { TupleIndex } from '../conn/tuple-index.js'
import { type NatPacket, SERVER, VIRTUAL } from '../nat/packet.js'
import { classOf, firstPort, type PortAllocator } from '../nat/ports.js'
import { Binding, type Foresight, type NatChains } from '../nat/walk.js'
import { Ahead } from '../service/schedulers/scheduler.js'
import { Method, type Service, type ServiceSpec } from '../service/service.js'
import type { ServiceTable } from '../service/table.js'
import { Turns } from '../service/turns.js'
import * as layout from './kernel-layout.js'
import type { KernelMemory } from './kernel-memory.js'
import { carryingObstacle, openingObstacle, sourceObstacle } from './kernel-obstacle.js'
import { MAPPED_BITS, maskWord } from './persistence.js'
import type { EngineSettings } from './table.js'

/** Rules looked at in one portion of the work that follows an install. */
const PORTION = 100_000
/** Choices foreseen from counts of connections: as many as there are real servers, within these. */
const COUNTED_LEAST = 16
const COUNTED_MOST = 1024
/** How long the program takes ports early once the engine had to. */
const EARLY_TICKS = ticksOf(1000)
/** A port of netfilter's class that most clients' ports are of. */
const MOST_CLIENTS = 1024
/** The longest round that is written down. */
const ROUND_MOST = 4096

/** Where a new connection's packet counts in mangle and nat. */
interface Counted {
  marks: readonly number[]
  chains: readonly number[]
}

interface Offer {
  service: Service
  /** Place and room of its turns. */
  at: number
  room: number
}

export class KernelServices {
  private readonly services: ServiceTable
  private readonly hash: TupleHash
  private readonly words: Int32Array
  private readonly index: TupleIndex
  private readonly turns: Int32Array
  private readonly destinations: Int32Array
  private readonly slots: number
  private readonly nat: NatPacket
  private readonly ports: PortAllocator
  private readonly settings: EngineSettings
  private marks: NatChains
  private chains: NatChains
  private rules = 0
  private turnsUsed = 0
  /** By service slot. */
  private readonly offers = new Map<number, Offer>()
  /** By destination slot. */
  private readonly counted = new Map<number, Counted>()
  /** Why the engine decides, by service id; '' if the program does. */
  private readonly reasons = new Map<number, string>()
  /** Not looked at since the install. */
  private pending: Service[] = []
  private readonly key = new Int32Array(8)
  private readonly choices = new Int32Array(ROUND_MOST)

  constructor(
    memory: KernelMemory,
    services: ServiceTable,
    hash: TupleHash,
    nat: NatPacket,
    ports: PortAllocator,
    settings: EngineSettings,
    none: NatChains,
  ) {
    this.services = services
    this.hash = hash
    this.nat = nat
    this.ports = ports
    this.settings = settings
    this.marks = this.chains = none
    this.words = new Int32Array(memory.services)
    this.index = new TupleIndex(layout.SERVICES_MOST, { memory: memory.serviceIndex, version: new Int32Array(1) })
    this.turns = new Int32Array(memory.turns)
    this.destinations = new Int32Array(memory.destinations)
    this.slots = this.destinations.length / layout.DESTINATION_WORDS
    new Int32Array(memory.config)[layout.CONFIG_SERVICE_MASK] = this.index.mask >> 1
    this.words.fill(0)
  }

  /** Another table runs: nothing of the last one holds. The program opens nothing meanwhile. */
  installed(marks: NatChains, chains: NatChains, rules: number): void {
    this.marks = marks
    this.chains = chains
    this.rules = rules
    for (const { service } of this.offers.values()) this.withdraw(service)
    for (const slot of this.counted.keys())
      this.destinations[slot * layout.DESTINATION_WORDS + layout.DESTINATION_OPENS] = 0
    this.offers.clear()
    this.counted.clear()
    this.reasons.clear()
    this.turnsUsed = 0
    this.pending = [...this.services.all].reverse()
    this.advance()
  }

  /** Goes on with what the install left to do; false if there is more. */
  advance(): boolean {
    for (let left = PORTION; left > 0 && this.pending.length > 0; ) {
      const service = this.pending.pop()!
      this.reasons.set(service.spec.id, this.offer(service))
      left -= 1 + (service.count + 1) * (1 + this.rules)
    }
    return this.pending.length === 0
  }

  /** Choices by counts of connections are of the moment they were made. */
  refresh(): void {
    for (const { service, at, room } of this.offers.values()) {
      const base = service.slot * layout.SERVICE_WORDS
      if (room === 0 || service.ahead !== Ahead.counts || this.words[base + layout.SERVICE_TURNS_TAKEN] === 0) continue
      this.words[base + layout.SERVICE_TURNS_TAKEN] = 0
      service.foresee(this.turns.subarray(at, at + room))
    }
  }

  /** Where a connection to this destination counts in the chains. */
  countOpened(destination: number, bytes: number): void {
    const counted = this.counted.get(destination)
    if (counted === undefined) return
    this.marks.countForeseen(counted.marks, bytes)
    this.chains.countForeseen(counted.chains, bytes)
  }

  /** The engine is about to look for a port of this destination's pool: it goes on where the program was. */
  lendCursor(destination: number, sourcePort: number): void {
    const at = this.poolAt(destination, sourcePort)
    if (at < 0) return
    const [port, protocol, to] = this.loadPool(destination, at)
    this.ports.setCursor(this.key, port, protocol, sourcePort, to, this.destinations[at + layout.DESTINATION_CURSOR])
  }

  /** And has done so; `early`: the pool is dry but for what is over. */
  takeCursor(destination: number, sourcePort: number, early: boolean, nowTick: number): void {
    const at = this.poolAt(destination, sourcePort)
    if (at < 0) return
    const [port, protocol, to] = this.loadPool(destination, at)
    this.destinations[at + layout.DESTINATION_CURSOR] = this.ports.cursor(this.key, port, protocol, sourcePort, to)
    if (early) this.destinations[at + layout.DESTINATION_EARLY] = (nowTick + EARLY_TICKS) | 0
  }

  /** Where the destination's words begin if the program searches its pool for such clients; -1 if not. */
  private poolAt(destination: number, sourcePort: number): number {
    const at = destination * layout.DESTINATION_WORDS
    const { destinations } = this
    const isPool =
      destinations[at + layout.DESTINATION_OPENS] > 0 &&
      destinations[at + layout.DESTINATION_SOURCE] === layout.SOURCE_POOL
    const isOne = destinations[at + layout.DESTINATION_POOL + 3] === destinations[at + layout.DESTINATION_LAST]
    return isPool && isOne && (destinations[at + layout.DESTINATION_TO] > 0 || classOf(sourcePort) === 2) ? at : -1
  }

  /** Its pool's address and its own into `key`; its port, its protocol, the last port of the pool. */
  private loadPool(destination: number, at: number): readonly [number, number, number] {
    const { spec } = this.services.get(this.services.destinations.service[destination])
    for (let i = 0; i < 4; i++) {
      this.key[i] = this.destinations[at + layout.DESTINATION_POOL + i]
      this.key[4 + i] = this.destinations[at + layout.DESTINATION_ADDRESS + i]
    }
    const port = this.destinations[at + layout.DESTINATION_PORT] || spec.port
    return [port, spec.protocol, this.destinations[at + layout.DESTINATION_TO]]
  }

  /** Why new connections of a service are made by the engine; '' if the program makes them. */
  reasonOf(id: number): string {
    return this.reasons.get(id) ?? 'not looked at yet'
  }

  /** Why established connections of a service are carried by the engine; '' if the program carries them. */
  obstacleOf(id: number): string {
    const service = this.services.all.find(({ spec }) => spec.id === id)
    return service === undefined ? '' : carryingObstacle(service)
  }

  private withdraw(service: Service): void {
    service.turns = null
    this.words[service.slot * layout.SERVICE_WORDS + layout.SERVICE_CHOICE] = layout.CHOICE_ENGINE
    this.index.remove(this.hashOf(service), service.slot)
  }

  /** '' if the program makes its connections from now on. */
  private offer(service: Service): string {
    const { spec } = service
    const reason = openingObstacle(service, this.slots, this.settings.expireQuiescentTemplate)
    if (reason !== '') return reason
    const marked = this.foreseeMark(service)
    if (typeof marked === 'string') return marked
    const list = service.list.subarray(0, service.count)
    const sources = Array.from(list, (slot) => this.foreseeSource(service, slot))
    const obstacle = sources.find((source) => typeof source === 'string')
    if (obstacle !== undefined) return obstacle as string
    const count = spec.persistenceMs > 0 ? 0 : this.writeTurns(service)
    if (count === 0 && spec.persistenceMs === 0) return 'its scheduler has no round that could be written down'
    for (const [i, slot] of list.entries())
      this.writeDestination(service, slot, sources[i] as Foresight, marked.counted)
    this.writeService(service, count)
    return ''
  }

  /** As Matching would find it: the packet of whatever client, on its way in. */
  private foreseeMark({ spec }: Service): Foresight | string {
    const { nat } = this
    this.fill(spec, -1)
    for (let i = 0; i < 4; i++) nat.words[SERVER + i] = nat.words[VIRTUAL + i] = spec.address[i]
    nat.destinationPort = spec.port
    nat.outInterface = ''
    nat.outAddress = null
    const foresight = this.marks.foresee(nat)
    if (foresight === null) return 'rules of mangle ask about the client'
    if (foresight.kind !== Binding.none || nat.mark !== 0) return 'a rule of mangle marks or drops its packets'
    return foresight
  }

  private fill({ family, protocol, port }: ServiceSpec, controlPort: number): void {
    const { nat } = this
    nat.family = family
    nat.protocol = protocol
    nat.virtualPort = port
    nat.mark = 0
    nat.alone = false
    nat.method = Method.masq
    nat.controlPort = controlPort
  }

  private foreseeSource({ spec, destinations }: Service, slot: number): Foresight | string {
    if (destinations.method[slot] === Method.gate) return NOTHING
    const { nat } = this
    this.fill(spec, spec.persistenceMs > 0 ? spec.port : -1)
    for (let i = 0; i < 4; i++) {
      nat.words[SERVER + i] = destinations.words[slot * 4 + i]
      nat.words[VIRTUAL + i] = spec.address[i]
    }
    nat.destinationPort = destinations.port[slot] || spec.port
    nat.outInterface = destinations.outInterface[slot]
    nat.outAddress = destinations.outAddress[slot]
    const foresight = this.chains.foresee(nat)
    if (foresight === null) return 'rules of nat ask about the client'
    return sourceObstacle(foresight, nat) || foresight
  }

  private writeDestination(service: Service, slot: number, foresight: Foresight, marks: readonly number[]): void {
    const { words, port, outAddress } = service.destinations
    const at = slot * layout.DESTINATION_WORDS
    const target = this.destinations
    const { kind, source, counted } = foresight
    target[at + layout.DESTINATION_PORT] = port[slot]
    target[at + layout.DESTINATION_SOURCE] = sourceOf(foresight)
    target[at + layout.DESTINATION_FROM] = source?.firstPort ?? 0
    target[at + layout.DESTINATION_TO] = source?.lastPort ?? 0
    this.beginCursor(at)
    const pool = kind === Binding.masquerade ? outAddress[slot] : source?.first
    for (let i = 0; i < 4; i++) {
      target[at + layout.DESTINATION_ADDRESS + i] = words[slot * 4 + i]
      target[at + layout.DESTINATION_POOL + i] = pool?.[i] ?? 0
    }
    target[at + layout.DESTINATION_LAST] = (kind === Binding.snat ? source?.last?.[3] : pool?.[3]) ?? 0
    target[at + layout.DESTINATION_KEEPS] = source?.persistent ? 1 : 0
    target[at + layout.DESTINATION_OPENS] = service.slot + 1
    this.counted.set(slot, { marks, chains: counted })
  }

  /** Goes on where it was, if that is in the pool. */
  private beginCursor(at: number): void {
    const { destinations } = this
    const to = destinations[at + layout.DESTINATION_TO]
    const [low, high] = [firstPort(MOST_CLIENTS, destinations[at + layout.DESTINATION_FROM], to), to || 65_535]
    const cursor = destinations[at + layout.DESTINATION_CURSOR]
    if (cursor < low || cursor > high) destinations[at + layout.DESTINATION_CURSOR] = this.ports.anywhere(low, high)
  }

  /** How many turns there are; 0: they cannot be written down. */
  private writeTurns(service: Service): number {
    const count = this.turnsOf(service)
    if (count === 0 || this.turnsUsed + count > layout.TURNS_MOST) return 0
    this.turns.set(this.choices.subarray(0, count), this.turnsUsed)
    this.turnsUsed += count
    return count
  }

  private turnsOf(service: Service): number {
    if (service.ahead !== Ahead.counts) return service.round(this.choices)
    const count = Math.min(COUNTED_MOST, Math.max(COUNTED_LEAST, service.count))
    service.foresee(this.choices.subarray(0, count))
    return count
  }

  private writeService(service: Service, count: number): void {
    const { spec, slot } = service
    const at = slot * layout.SERVICE_WORDS
    const { words } = this
    words.set(spec.address, at + layout.SERVICE_ADDRESS)
    words[at + layout.SERVICE_PORT] = spec.port
    words[at + layout.SERVICE_PROTOCOL] = spec.protocol
    words[at + layout.SERVICE_TURNS] = this.turnsUsed - count
    this.offers.set(slot, { service, at: this.turnsUsed - count, room: count })
    words.set(maskOf(spec), at + layout.SERVICE_MASK)
    words[at + layout.SERVICE_TURNS_COUNT] = count
    words[at + layout.SERVICE_TURNS_TAKEN] = 0
    words[at + layout.SERVICE_BY_PORT] = (spec.schedulerFlags & 2) >> 1
    Atomics.store(words, at + layout.SERVICE_CHOICE, choiceOf(service))
    if (service.ahead === Ahead.round && spec.persistenceMs === 0) {
      service.turns = new Turns(words, at + layout.SERVICE_TURNS_TAKEN)
      service.turns.begin(count)
    }
    this.index.insert(this.hashOf(service), slot)
  }

  /** Of a packet to the service from no address (bpf/service.h). */
  private hashOf({ spec }: Service): number {
    this.key.fill(0)
    if (spec.family === 4) this.key[2] = 0xffff
    this.key.set(spec.address, 4)
    return this.hash.of(spec.protocol, this.key, 0, spec.port)
  }
}

/** By gate POSTROUTING is not asked. */
const NOTHING: Foresight = { kind: Binding.none, source: null, counted: [] }

function sourceOf(foresight: Foresight): number {
  if (foresight === NOTHING) return layout.SOURCE_UNTOUCHED
  return foresight.source === null ? layout.SOURCE_OWN : layout.SOURCE_POOL
}

/** By the words of a client's address. */
function maskOf({ family, persistenceMask }: ServiceSpec): number[] {
  const bits = persistenceMask + (family === 4 ? MAPPED_BITS : 0)
  return [0, 1, 2, 3].map((i) => maskWord(bits, i))
}

function choiceOf({ spec, ahead }: Service): number {
  if (spec.persistenceMs > 0) return layout.CHOICE_TEMPLATE
  if (ahead !== Ahead.source) return layout.CHOICE_TURN
  return spec.scheduler === 'mh' ? layout.CHOICE_MAGLEV : layout.CHOICE_SOURCE
}
