/**
 * What an overloaded director gives up: drop_packet, drop_entry, secure_tcp (net/netfilter/ipvs/ip_vs_ctl.c,
 * update_defense_level; ip_vs_conn.c, ip_vs_random_dropentry).
 *
 * The memory that connections live in is taken once, when the director starts. So the automatic modes judge what is free
 * of it, against amemthresh as the kernel judges the machine's memory; of a small table an eighth is scarce.
 */
import * as record from '../conn/record.js'
import { SctpState } from '../conn/sctp.js'
import type { ConnectionTable } from '../conn/table.js'
import { TcpState } from '../conn/tcp.js'
import * as layout from '../wire/layout.js'
import type { Connections } from './connections.js'
import { isHalfOpen } from './half-open.js'
import { Defence, type EngineSettings } from './table.js'

const { Flag } = record
const LOOK_MS = 1000
/** A second's look at entries is at this part of the table. */
const SHARE = 32
const SCARCE_SHARE = 8
/** A connection this long without a packet may go. */
const IDLE = record.ticksOf(60_000)
/** Of those with few packets, every so-many-th goes: as many as it has packets, up to here. */
const FEW_PACKETS = 8

export class Overload {
  private readonly settings: EngineSettings
  private readonly connections: Connections
  private readonly table: ConnectionTable
  /** In [0, 2^32). */
  private readonly random: () => number
  private nextLookMs: number
  /** Each so-many-th packet that would open a connection is dropped; 0: none. */
  private rate = 0
  private left = 0
  private readonly counters = new Int32Array(FEW_PACKETS + 1)

  constructor(settings: EngineSettings, connections: Connections, random: () => number, nowMs: number) {
    this.settings = settings
    this.connections = connections
    this.table = connections.table
    this.random = random
    this.nextLookMs = nowMs
  }

  /** Is this packet, which would open a connection, one to drop? */
  dropsPacket(): boolean {
    if (this.rate === 0 || --this.left > 0) return false
    this.left = this.rate
    return true
  }

  /** Settings have changed: judge by them from now on. */
  reset(): void {
    const { settings } = this
    const missing = this.missing()
    this.setRate(missing)
    this.connections.aging.secure(isAtWork(settings.secureTcp, missing))
  }

  /** To be called often; looks once a second. */
  tick(nowMs: number): void {
    if (nowMs < this.nextLookMs) return
    this.nextLookMs = nowMs + LOOK_MS
    const { settings } = this
    const missing = this.missing()
    this.setRate(missing)
    this.connections.aging.secure(isAtWork(settings.secureTcp, missing))
    if (isAtWork(settings.dropEntry, missing)) this.dropEntries(record.toTick(nowMs))
  }

  /** Entries short of what should be free; 0 or less: enough are. */
  private missing(): number {
    return this.scarce() - (this.table.capacity - this.table.size)
  }

  private scarce(): number {
    return Math.min(this.settings.scarceBytes / record.CONNECTION_BYTES, this.table.capacity / SCARCE_SHARE)
  }

  /** In mode 3 the count goes on from where it was: the first packet is one to drop. */
  private setRate(missing: number): void {
    const rate = this.rateAt(missing)
    if (rate !== this.rate && this.settings.dropPacket !== Defence.always) this.left = rate
    this.rate = rate
  }

  /** The scarcer, the more. */
  private rateAt(missing: number): number {
    const { dropPacket, dropRate } = this.settings
    if (dropPacket === Defence.always) return dropRate
    return isAtWork(dropPacket, missing) ? Math.floor(this.scarce() / missing) : 0
  }

  /** A thirty-second of the table, from a place that nobody can foresee. */
  private dropEntries(nowTick: number): void {
    const { end } = this.table
    const from = Math.floor((this.random() / 0x1_0000_0000) * end)
    for (let i = Math.ceil(end / SHARE); i > 0; i--) {
      const handle = (from + i) % end
      if (this.goes(handle, nowTick)) this.connections.drop(handle)
    }
  }

  private goes(handle: number, nowTick: number): boolean {
    const { words } = this.table
    const base = this.table.base(handle)
    const meta = words[base + record.META]
    if ((meta & (Flag.live | Flag.born)) !== Flag.live || words[base + record.CONTROLLED] > 0) return false
    if (meta & record.TEMPLATE_KIND) return (meta & Flag.assured) === 0
    if (isHalfOpen(meta)) return true
    const state = record.stateOf(meta)
    const protocol = record.protocolOf(meta)
    if (protocol === layout.TCP) return state === TcpState.established && this.isIdle(base, nowTick)
    if (protocol === layout.SCTP) return state === SctpState.established && this.isIdle(base, nowTick)
    return this.isIdle(base, nowTick)
  }

  private isIdle(base: number, nowTick: number): boolean {
    const { words } = this.table
    const since = (nowTick - words[base + record.EXPIRES] + words[base + record.TIMEOUT]) | 0
    const packets = words[base + record.IN_PACKETS]
    if (since < IDLE || packets === 0 || packets > FEW_PACKETS) return false
    if (--this.counters[packets] > 0) return false
    this.counters[packets] = packets
    return true
  }
}

const isAtWork = (mode: number, missing: number): boolean =>
  mode === Defence.always || (mode === Defence.automatic && missing > 0)
