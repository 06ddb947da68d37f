/**
 * Connections that are foretold: an application's text has named their addresses, and their first packet has yet to come.
 *
 * Each is a record of a kind of its own that a packet finds as if it had port 0: the client's port of one that the client
 * opens (LVS's "no client port"), the real server's of one that the server opens. It belongs to the connection that
 * foretold it. This file makes such records and makes connections of them; it reads no text.
 */
import * as record from '../conn/record.js'
import type { ConnectionTable } from '../conn/table.js'
import { TCP_TIMEOUTS_S, TcpState } from '../conn/tcp.js'
import type { Timers } from '../conn/timers.js'
import { Reason } from '../failure/reason.js'
import type { PortAllocator } from '../nat/ports.js'
import { Outcome, type Source } from '../nat/source.js'
import type { Destinations } from '../service/destination.js'
import { type Frame, Protocol, TcpFlag } from '../wire/frame.js'
import type { Connections } from './connections.js'

const { Flag } = record
const { tcp } = Protocol
const { EXPECTED_TCP } = record
const LISTEN = record.ticksOf(TCP_TIMEOUTS_S[TcpState.listen] * 1000)
/** Virtual ports tried where another real server has named the same one to this client. */
const TRIES = 32
const LAST_PORT = 65_535

export class Expectations {
  private readonly table: ConnectionTable
  private readonly words: Int32Array
  private readonly connections: Connections
  private readonly destinations: Destinations
  private readonly timers: Timers
  private readonly ports: PortAllocator

  constructor(connections: Connections, destinations: Destinations, timers: Timers, ports: PortAllocator) {
    this.table = connections.table
    this.words = connections.table.words
    this.connections = connections
    this.destinations = destinations
    this.timers = timers
    this.ports = ports
  }

  /**
   * The client of `control` will connect to its real server's `port`. Answers by which port of the virtual address: the same
   * one, unless another of this client's servers has named it. Else ~Reason.
   */
  ofClient(control: number, port: number, nowTick: number): number {
    const { words } = this
    const from = this.table.base(control)
    const end = Math.min(port + TRIES, LAST_PORT + 1)
    for (let virtual = port; virtual < end; virtual++) {
      const ref = this.table.find(EXPECTED_TCP, words, from + record.CLIENT, virtual)
      if (ref < 0) return this.make(control, virtual, port << 16, 0, nowTick) ? virtual : ~Reason.tableFull
      const base = this.table.base(ref >> 1)
      if (words[base + record.REAL_PORTS] >>> 16 !== port || !this.hasServerOf(base, from)) continue
      this.timers.restart(base, ref >> 1, nowTick, LISTEN)
      return virtual
    }
    return ~Reason.portTaken
  }

  /**
   * The real server of `control` will connect to its client's `port`, as that looks to it. Answers by which port of the
   * source address, else by ~Reason.
   */
  ofServer(control: number, port: number, nowTick: number): number {
    const { words } = this
    const from = this.table.base(control)
    const ports = (port << 16) | ((words[from + record.CLIENT_PORTS] & LAST_PORT) - 1)
    const known = this.table.find(EXPECTED_TCP, words, from + record.CLIENT, ports)
    if (known >= 0 && this.hasServerOf(this.table.base(known >> 1), from)) return this.sourcePort(known >> 1)
    if (known >= 0) this.connections.close(known >> 1)
    const open = this.table.find(tcp, words, from + record.CLIENT, ports)
    if (open >= 0 && this.isOf(open >> 1, control)) return this.sourcePort(open >> 1)
    if (open >= 0) this.connections.close(open >> 1)
    return this.awaitServer(control, ports, nowTick)
  }

  private awaitServer(control: number, ports: number, nowTick: number): number {
    const { words } = this
    const from = this.table.base(control)
    const wanted = ports >>> 16
    const flags = words[from + record.META] & (Flag.translated | Flag.pooled)
    const at = from + record.SOURCE_ADDRESS
    const port =
      flags & Flag.pooled ? this.ports.take(words, at, from + record.REAL, 0, tcp, wanted, 0, 0, true) : wanted
    if (port <= 0) return ~Reason.poolDry
    if (this.make(control, ports, port, flags, nowTick)) return port
    if (flags & Flag.pooled) this.ports.give(words, at, from + record.REAL, 0, tcp, port)
    return ~Reason.tableFull
  }

  /** The ref of the connection that this packet begins, -1 if none was foretold: a SYN that is sent to its port. */
  find({ protocol, tcpFlags, words, destinationPort }: Frame): number {
    if (protocol !== tcp || (tcpFlags & (TcpFlag.syn | TcpFlag.ack | TcpFlag.rst)) !== TcpFlag.syn) return -1
    return this.table.find(EXPECTED_TCP, words, 0, destinationPort)
  }

  /** The client's first packet has come, and its source been chosen. */
  meetClient(handle: number, port: number, source: Source): void {
    const { words } = this
    const base = this.table.base(handle)
    const meta = this.withdraw(handle)
    words[base + record.CLIENT_PORTS] |= port << 16
    words[base + record.REAL_PORTS] |= source.port
    for (let i = 0; i < 4; i++) words[base + record.SOURCE_ADDRESS + i] = source.address[i]
    const pooled = source.pooled ? Flag.pooled : 0
    this.table.publish(handle, meta | pooled | (source.outcome === Outcome.translated ? Flag.translated : 0))
  }

  /** The real server's first packet has come, from `port`. */
  meetServer(handle: number, port: number): number {
    const { words } = this
    const base = this.table.base(handle)
    const source = this.sourcePort(handle)
    if (words[base + record.META] & Flag.pooled) {
      const at = base + record.SOURCE_ADDRESS
      if (!this.ports.claim(words, at, base + record.REAL, port, tcp, source)) return Reason.portTaken
      this.ports.give(words, at, base + record.REAL, 0, tcp, source)
    }
    const meta = this.withdraw(handle)
    words[base + record.REAL_PORTS] |= port << 16
    this.table.publish(handle, meta)
    return Reason.none
  }

  /** Out of sight; answers what it is to be published with. */
  private withdraw(handle: number): number {
    const meta = this.words[this.table.base(handle) + record.META]
    this.table.withdraw(handle)
    this.connections.expected--
    return meta & ~record.EXPECTED_KIND
  }

  /** `real`: the real server's port << 16 | the source port. */
  private make(control: number, client: number, real: number, flags: number, nowTick: number): boolean {
    const handle = this.table.allocate()
    if (handle < 0) return false
    const { words } = this
    const [base, from] = [this.table.base(handle), this.table.base(control)]
    // Clients' side, servers' side; a source that is not chosen yet is overwritten when it is.
    words.copyWithin(base + record.CLIENT, from + record.CLIENT, from + record.CLIENT + 16)
    words[base + record.CLIENT_PORTS] = client
    words[base + record.REAL_PORTS] = real
    words[base + record.DESTINATION_SLOT] = words[from + record.DESTINATION_SLOT]
    words[base + record.SERVICE_SLOT] = words[from + record.SERVICE_SLOT]
    words[base + record.CREATED] = nowTick
    words[base + record.MARK] = words[from + record.MARK]
    this.table.publish(handle, record.withState(EXPECTED_TCP | Flag.inactive | flags, TcpState.listen))
    if (words[base + record.DESTINATION_SLOT] >= 0) this.destinations.opened(words[base + record.DESTINATION_SLOT])
    this.connections.control(handle, control)
    this.connections.expected++
    this.timers.restart(base, handle, nowTick, LISTEN)
    return true
  }

  private sourcePort(handle: number): number {
    return this.words[this.table.base(handle) + record.REAL_PORTS] & LAST_PORT
  }

  private hasServerOf(base: number, other: number): boolean {
    const { words } = this
    for (let i = 0; i < 4; i++) if (words[base + record.REAL + i] !== words[other + record.REAL + i]) return false
    return true
  }

  /** A data connection of `control` that has not ended. */
  private isOf(handle: number, control: number): boolean {
    const base = this.table.base(handle)
    const isOpen = (this.words[base + record.META] & Flag.inactive) === 0
    return isOpen && this.words[base + record.CONTROL] === control + 1
  }
}
