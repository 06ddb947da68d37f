/** One engine for unit tests: configured in command lines, fed packets in words, asked for its books. */
import { format } from '../../src/address/words.js'
import { compile } from '../../src/compile/compile.js'
import { bytesFor } from '../../src/conn/table.js'
import { Engine } from '../../src/engine/engine.js'
import { HEADROOM, Packet, SPARE, TAILROOM } from '../../src/io/port.js'
import { emptyState, type State } from '../../src/model/state.js'
import type { Built } from './build.js'
import { changed } from './state.js'

const LONGEST = 65_535
const ESTIMATE_MS = 2000
const routes = {
  to: (address: string) => ({
    interface: 'eth0',
    source: address.includes(':') ? '2001:db8::10' : '192.0.2.10',
    mtu: 1500,
    local: address === '192.0.2.10' || address === '2001:db8::10',
  }),
}

export interface RigOptions {
  capacity?: number
  /** What another engine left. */
  memory?: ArrayBuffer
  nowMs?: number
  /** What the port takes off each TTL. */
  hops?: number
}

/** What the director's books say of the first service. */
export interface Books {
  connections: number
  active: number[]
  inactive: number[]
  persistent: number[]
  /** Source ports taken from pools. */
  ports: number
}

export class Rig {
  readonly memory: ArrayBuffer
  readonly capacity: number
  readonly engine: Engine
  readonly events: string[] = []
  /** Sent in pieces, and to which neighbour ('' as the host routes it). */
  readonly pieces: { bytes: Uint8Array; next: string }[] = []
  state: State = emptyState()
  nowMs: number
  private readonly ring = new Uint8Array(HEADROOM + LONGEST + TAILROOM + SPARE)
  private readonly packet = new Packet()

  constructor({
    capacity = 64,
    memory = new ArrayBuffer(bytesFor(capacity)),
    nowMs = 1_000_000,
    hops = 0,
  }: RigOptions = {}) {
    this.capacity = capacity
    this.memory = memory
    this.nowMs = nowMs
    this.engine = new Engine({
      view: new DataView(this.ring.buffer),
      hops,
      transmit: ({ at, length, direct, next }) => {
        this.pieces.push({ bytes: this.ring.slice(at, at + length), next: direct === 0 ? '' : format(next, 0) })
      },
      memory,
      capacity,
      seed: { hash: [1, 2], boot: [3, 4, 5, 6] },
      random: () => 0x1234_5678,
      nowMs,
      kernel: null,
    })
    this.engine.events.listener = ({ code }) => this.events.push(code)
  }

  /** Another engine over the same memory, as after a kill. */
  restart(state = this.state): Rig {
    const { capacity, memory, nowMs } = this
    const next = new Rig({ capacity, memory, nowMs })
    next.install(state)
    return next
  }

  run(...lines: string[]): void {
    this.install(lines.reduce(changed, this.state))
  }

  install(state: State): void {
    this.state = state
    this.engine.install(compile(state, routes), this.nowMs)
  }

  /** The packet that goes out, null if none does. `facts`: what the kernel says of it. */
  send(built: Built, facts: Partial<Packet> = {}): Uint8Array | null {
    const { engine, packet, ring } = this
    ring.set(built.bytes, HEADROOM)
    Object.assign(packet, new Packet(), { at: HEADROOM, length: built.bytes.length }, facts)
    return engine.handle(packet, this.nowMs) ? ring.slice(packet.at, packet.at + packet.length) : null
  }

  wait(ms: number): void {
    for (const end = this.nowMs + ms; this.nowMs < end; ) {
      this.nowMs = Math.min(end, this.nowMs + 1000)
      while (!this.engine.tick(this.nowMs));
    }
  }

  list() {
    return this.engine.connections(this.nowMs)
  }

  books(): Books {
    this.wait(ESTIMATE_MS)
    const destinations = this.engine.services()[0]?.destinations ?? []
    return {
      connections: this.engine.status().connections,
      active: destinations.map(({ active }) => active),
      inactive: destinations.map(({ inactive }) => inactive),
      persistent: destinations.map(({ persistent }) => persistent),
      ports: this.engine.ports.used,
    }
  }

  drops(): Record<string, number> {
    return this.engine.status().drops
  }
}

const transportOf = (bytes: Uint8Array): number => (bytes[0] >>> 4 === 4 ? (bytes[0] & 15) * 4 : 40)
const word = (bytes: Uint8Array, at: number): number => (bytes[at] << 8) | bytes[at + 1]

export const sourcePort = (bytes: Uint8Array): number => word(bytes, transportOf(bytes))
export const destinationPort = (bytes: Uint8Array): number => word(bytes, transportOf(bytes) + 2)
/** The last byte of the destination address: which real server it is. */
export const server = (bytes: Uint8Array): number => bytes[transportOf(bytes) - 1]
