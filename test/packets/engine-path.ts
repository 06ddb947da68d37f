/** The TypeScript engine as a data path for the golden table. */
import { bytesFor } from '../../src/conn/table.js'
import type { ConnectionView, ServiceCounters } from '../../src/engine/data-plane.js'
import { Engine } from '../../src/engine/engine.js'
import type { KernelMemory } from '../../src/engine/kernel-memory.js'
import type { ForwardingTable } from '../../src/engine/table.js'
import { HEADROOM, Packet, SPARE, TAILROOM } from '../../src/io/port.js'
import { type Built, headerLength } from './build.js'
import type { GoldenCounters, GoldenPath, Outcome, ReasonName, Verdict } from './golden.js'
import { checksumAt } from './naive.js'

const LONGEST = 65_535
const NEEDS_CHECKSUM = 1
const TICK_MS = 1000

/** A program in the kernel beside the engine. */
export interface Beside {
  connections: ArrayBuffer
  memory: KernelMemory
  hashSeed: readonly [number, number]
}

export const CAPACITY = 1024

export class EnginePath implements GoldenPath {
  private readonly ring = new Uint8Array(HEADROOM + LONGEST + TAILROOM + SPARE)
  private readonly packet = new Packet()
  private pieces: Built[] = []
  protected nowMs = 1_000_000
  protected readonly engine: Engine

  constructor(beside: Beside | null = null) {
    this.engine = new Engine({
      view: new DataView(this.ring.buffer),
      hops: 0,
      transmit: () => this.pieces.push(this.sent()),
      memory: beside?.connections ?? new ArrayBuffer(bytesFor(CAPACITY)),
      capacity: CAPACITY,
      seed: { hash: beside?.hashSeed ?? [1, 2], boot: [3, 4, 5, 6] },
      random: () => 0x1234_5678,
      nowMs: this.nowMs,
      kernel: beside?.memory ?? null,
    })
  }

  install(table: ForwardingTable): void {
    this.engine.install(table, this.nowMs)
  }

  handle(built: Built): Outcome {
    const { engine, packet } = this
    this.ring.set(built.bytes, HEADROOM)
    this.pieces = []
    Object.assign(packet, new Packet(), { at: HEADROOM, length: built.bytes.length })
    if (built.partial) leaveChecksum(packet, built.bytes)
    const before = engine.status()
    if (engine.handle(packet, this.nowMs)) this.pieces.push(this.sent())
    const [out = null, ...rest] = this.pieces
    return { verdict: this.verdict(before, out !== null), out, rest }
  }

  private sent(): Built {
    const { at, length, flags } = this.packet
    return { bytes: this.ring.slice(at, at + length), partial: (flags & NEEDS_CHECKSUM) !== 0 }
  }

  /** What is sent although a drop was counted is an answer. */
  private verdict(before: ReturnType<Engine['status']>, isSent: boolean): Verdict {
    const after = this.engine.status()
    if (!isSent) return total(after.drops) > total(before.drops) ? 'dropped' : 'held'
    if (after.toHost > before.toHost) return 'host'
    return total(after.drops) > total(before.drops) ? 'answered' : 'forwarded'
  }

  wait(ms: number): void {
    const end = this.nowMs + ms
    while (this.nowMs < end) {
      this.nowMs = Math.min(end, this.nowMs + TICK_MS)
      while (!this.engine.tick(this.nowMs));
    }
  }

  drops(): Partial<Record<ReasonName, number>> {
    return this.engine.status().drops
  }

  /** Everything there is to compare: connections, and all counters of services and real servers. */
  books(): { connections: ConnectionView[]; services: ServiceCounters[] } {
    const { engine } = this
    const name = (view: ConnectionView): string => `${view.protocol} ${view.client} ${view.clientPort}`
    const connections = engine.connections(this.nowMs).sort((a, b) => (name(a) < name(b) ? -1 : 1))
    return { connections, services: engine.services() }
  }

  counters(): GoldenCounters {
    const { engine } = this
    const [service] = engine.services()
    const { inPackets = 0, inBytes = 0, outPackets = 0, outBytes = 0 } = service?.traffic ?? {}
    const sum = (key: 'active' | 'inactive') => (service?.destinations ?? []).reduce((n, d) => n + d[key], 0)
    return {
      connections: engine.status().connections,
      active: sum('active'),
      inactive: sum('inactive'),
      inPackets,
      inBytes,
      outPackets,
      outBytes,
      rulePackets: Math.max(
        0,
        ...engine
          .rules()
          .filter(isRule)
          .map((rule) => rule.packets),
      ),
    }
  }
}

/** As the virtio header says it. */
function leaveChecksum(packet: Packet, bytes: Uint8Array): void {
  packet.flags = NEEDS_CHECKSUM
  packet.checksumStart = headerLength(bytes)
  packet.checksumOffset = checksumAt(bytes[0] >>> 4 === 4 ? bytes[9] : bytes[6])
}

const total = (drops: Record<string, number>): number => Object.values(drops).reduce((sum, n) => sum + n, 0)

/** Ids below 100 belong to the built-in chains (model/state.ts). */
const isRule = ({ id }: { id: number }): boolean => id >= 100
