/**
 * The books that a program in the kernel keeps for the connections it carries, in memory shared with it: the engine tells
 * it which destinations live and how long states last, and takes its counts over into its own books.
 *
 * Reads and writes memory, nothing else. What stands where: kernel-layout.ts.
 */
import { toTick } from '../conn/record.js'
import type { ConnectionTable } from '../conn/table.js'
import { Method } from '../service/service.js'
import type { ServiceTable } from '../service/table.js'
import type { Aging } from './aging.js'
import * as layout from './kernel-layout.js'
import type { KernelMemory } from './kernel-memory.js'
import type { EngineSettings } from './table.js'

const HIGH = 2 ** 32
/** Of a destination: packets in and out, bytes in and out. */
const COUNTERS = layout.TRAFFIC_WORDS / 2

export class KernelBooks {
  private readonly config: Int32Array
  private readonly destinations: Int32Array
  private readonly blocked: Int32Array
  /** 64-bit counters as pairs of words. */
  private readonly traffic: Uint32Array
  /** What was already taken over, by processor and slot. */
  private readonly taken: Float64Array
  private readonly slots: number
  private readonly states: Uint8Array
  private readonly services: ServiceTable
  /** What was carried in the kernel, as far as it is counted. */
  readonly carried = { packets: 0, bytes: 0 }

  constructor(memory: KernelMemory, services: ServiceTable) {
    this.config = new Int32Array(memory.config)
    this.destinations = new Int32Array(memory.destinations)
    this.blocked = new Int32Array(memory.blocked)
    this.traffic = new Uint32Array(memory.traffic)
    this.taken = new Float64Array(this.traffic.length / 2)
    this.slots = this.destinations.length / layout.DESTINATION_WORDS
    this.services = services
    this.config[layout.CONFIG_SLOTS] = this.slots
    this.states = new Uint8Array(memory.config, layout.CONFIG_TCP_NEXT * 4, layout.TCP_NEXT_BYTES)
    this.foldTraffic(this.slots, (_slot, _counter, _change) => {}) // of an earlier process
  }

  /** How the kernel finds a connection in the table. */
  setIndex({ hash, index, capacity }: ConnectionTable): void {
    this.config[layout.CONFIG_CAPACITY] = capacity
    this.config.set(hash.keys, layout.CONFIG_KEYS)
    this.config[layout.CONFIG_INDEX_MASK] = index.mask >> 1
  }

  /** How long each state lasts and which comes next. */
  setAging({ tcpTimeouts, udpTimeout, tcpStates }: Aging): void {
    this.config.set(tcpTimeouts, layout.CONFIG_TCP_TIMEOUTS)
    this.config[layout.CONFIG_UDP_TIMEOUT] = udpTimeout
    this.states.set(tcpStates.subarray(0, layout.TCP_NEXT_BYTES))
  }

  /** Whether the program makes connections. */
  setOpens(opens: boolean): void {
    Atomics.store(this.config, layout.CONFIG_OPENS, opens ? 1 : 0)
  }

  /** The engine is looking for a source, and the program must not. */
  setOpening(opening: boolean): void {
    Atomics.store(this.config, layout.CONFIG_OPENING, opening ? 1 : 0)
  }

  /** Whether a SYN may take the place of a connection that has ended, or has to be looked at by the engine. */
  setReuse({ reuseMode, expireNoDestination }: EngineSettings): void {
    this.config[layout.CONFIG_REUSES] =
      (reuseMode === 0 ? 0 : 1) | (expireNoDestination ? 2 : 0) | (reuseMode & 2 ? 4 : 0)
  }

  /** Ports that no connection gets: a bit each. */
  setBlocked(tcp: Uint32Array, udp: Uint32Array): void {
    this.blocked.set(tcp, 0)
    this.blocked.set(udp, layout.BLOCKED_WORDS)
  }

  /** The engine's clock is not the kernel's (tests): `nowMs` here is `kernelMs` there. */
  setClock(nowMs: number, kernelMs: number): void {
    this.config[layout.CONFIG_CLOCK] = toTick(nowMs) - toTick(kernelMs)
  }

  /** After each install. */
  setAlive(carries: boolean): void {
    const { destinations } = this.services
    for (let slot = 0; slot < Math.min(destinations.count, this.slots); slot++) {
      const method = destinations.method[slot]
      const carried = method === Method.masq || (method === Method.gate && destinations.local[slot] === 0)
      const alive = carries && destinations.alive(slot) && carried
      this.destinations[slot * layout.DESTINATION_WORDS + layout.DESTINATION_ALIVE] = alive ? 1 : 0
    }
  }

  /** ActiveConn and InActConn, before anybody reads them. */
  foldActive(): void {
    const { destinations } = this.services
    for (let slot = 0; slot < Math.min(destinations.count, this.slots); slot++) {
      const at = slot * layout.DESTINATION_WORDS + layout.DESTINATION_ACTIVE
      if (this.destinations[at] === 0) continue
      const moved = Atomics.exchange(this.destinations, at, 0)
      for (let n = 0; n < moved; n++) destinations.activate(slot)
      for (let n = 0; n > moved; n--) destinations.deactivate(slot)
    }
  }

  /**
   * Before connections are taken over: what an earlier engine said is in slots of its own. Nothing is carried meanwhile, and no
   * move waits to be counted: those taken over are counted by the states they are in.
   */
  forget(): void {
    this.setOpens(false)
    this.setOpening(false)
    this.destinations.fill(0)
  }

  /** Packets and bytes, before each estimate. */
  countTraffic(): void {
    this.foldTraffic(Math.min(this.services.destinations.count, this.slots), (slot, counter, change) => {
      this.services.addTraffic(slot, counter, change)
      this.carried[counter < 2 ? 'packets' : 'bytes'] += change
    })
  }

  /** Of the slots below `end`, of every processor. */
  private foldTraffic(end: number, add: (slot: number, counter: number, change: number) => void): void {
    const { traffic, taken, slots } = this
    for (let first = 0; first < taken.length; first += slots * COUNTERS) {
      for (let at = first; at < first + end * COUNTERS; at++) {
        const value = traffic[at * 2] + traffic[at * 2 + 1] * HIGH
        if (value === taken[at]) continue
        add((at - first) >> 2, at & 3, value - taken[at])
        taken[at] = value
      }
    }
  }
}
