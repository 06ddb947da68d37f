/**
 * What a packet does to its connection's age: the protocol's state, ActiveConn and InActConn, the timer.
 *
 * States and timeouts are those of conn/tcp.ts and conn/sctp.ts; UDP has one state. It reads no clock: ticks come in.
 */
import * as record from '../conn/record.js'
import * as sctp from '../conn/sctp.js'
import type { ConnectionTable } from '../conn/table.js'
import * as tcp from '../conn/tcp.js'
import type { Timers } from '../conn/timers.js'
import type { ServiceTable } from '../service/table.js'
import { type Frame, NO_CHUNK } from '../wire/frame.js'
import * as layout from '../wire/layout.js'
import type { TimeoutsMs } from './table.js'

const { Flag } = record
const { input, output, inputOnly } = tcp.Side
const secondsToTicks = (seconds: readonly number[]) => Int32Array.from(seconds, (s) => record.ticksOf(s * 1000))

export class Aging {
  private readonly table: ConnectionTable
  private readonly words: Int32Array
  private readonly timers: Timers
  private readonly services: ServiceTable
  /** By state, ticks. */
  readonly tcpTimeouts = secondsToTicks(tcp.TCP_TIMEOUTS_S)
  private readonly sctpTimeouts = secondsToTicks(sctp.SCTP_TIMEOUTS_S)
  udpTimeout = 0
  /** tcp.SECURE while secure_tcp is at work, else 0. */
  private tables = 0

  constructor(table: ConnectionTable, timers: Timers, services: ServiceTable) {
    this.table = table
    this.words = table.words
    this.timers = timers
    this.services = services
  }

  /** `--set`: counts from the next packet of each connection; running timers keep going. */
  setTimeouts(timeouts: TimeoutsMs): void {
    this.tcpTimeouts[tcp.TcpState.established] = record.ticksOf(timeouts.tcp)
    this.tcpTimeouts[tcp.TcpState.finWait] = record.ticksOf(timeouts.tcpFin)
    this.udpTimeout = record.ticksOf(timeouts.udp)
  }

  /** The TCP states that follow, as conn/tcp.ts has them, of the tables at work. */
  get tcpStates(): Uint8Array {
    const bytes = tcp.NEXT_STATES.length / 2
    return tcp.NEXT_STATES.subarray(this.tables === 0 ? 0 : bytes, this.tables === 0 ? bytes : 2 * bytes)
  }

  secure(on: boolean): void {
    this.tables = on ? tcp.SECURE : 0
  }

  /** How long a connection in this state lives without packets, ticks. */
  timeoutOf(protocol: number, state: number): number {
    if (protocol === layout.TCP) return this.tcpTimeouts[state]
    return protocol === layout.SCTP ? this.sctpTimeouts[state] : this.udpTimeout
  }

  /** One packet of the connection, from its client or not. */
  step(handle: number, base: number, request: boolean, frame: Frame, nowTick: number): void {
    const { protocol } = frame
    const timeout =
      protocol === layout.TCP
        ? this.stepTcp(base, request, frame.tcpFlags)
        : protocol === layout.SCTP
          ? this.stepSctp(base, request, frame.chunk)
          : this.stepUdp(base, request)
    this.timers.restart(base, handle, nowTick, timeout)
  }

  private stepTcp(base: number, request: boolean, tcpFlags: number): number {
    const side = this.sideOf(base, request)
    const meta = this.words[base + record.META]
    const state = record.stateOf(meta)
    const next = tcp.nextState(state, side + this.tables, tcpFlags)
    if (next !== state) this.changeState(base, meta, next, tcp.isActive(next), next === tcp.TcpState.established)
    return this.tcpTimeouts[next]
  }

  /** Without a chunk it keeps its state and its timeout. */
  private stepSctp(base: number, request: boolean, chunk: number): number {
    if (chunk === NO_CHUNK) return this.words[base + record.TIMEOUT]
    const side = this.sideOf(base, request)
    const meta = this.words[base + record.META]
    const state = record.stateOf(meta)
    const next = sctp.nextState(state, side, chunk)
    const established = next === sctp.SctpState.established
    if (next !== state) this.changeState(base, meta, next, established, established)
    return this.sctpTimeouts[next]
  }

  private stepUdp(base: number, request: boolean): number {
    if (!request) this.assure(base)
    return this.udpTimeout
  }

  /** From the first answer on that is seen here, both sides are. */
  private sideOf(base: number, request: boolean): number {
    const meta = this.words[base + record.META]
    if (request) return meta & Flag.noOutput ? inputOnly : input
    if (meta & Flag.noOutput) this.words[base + record.META] = meta & ~Flag.noOutput
    return output
  }

  private changeState(base: number, meta: number, next: number, active: boolean, established: boolean): void {
    const wasActive = (meta & Flag.inactive) === 0
    const flags = active ? meta & ~Flag.inactive : meta | Flag.inactive
    this.words[base + record.META] = record.withState(flags, next)
    if (established) this.assure(base)
    const destination = this.words[base + record.DESTINATION_SLOT]
    if (destination < 0 || active === wasActive) return
    if (active) this.services.destinations.activate(destination)
    else this.services.destinations.deactivate(destination)
  }

  /** The template's client is real: an answer or a whole handshake was seen. */
  private assure(base: number): void {
    const control = this.words[base + record.CONTROL]
    if (control > 0) this.words[this.table.base(control - 1) + record.META] |= Flag.assured
  }
}
