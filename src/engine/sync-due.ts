/**
 * What other directors are to be told of: the rules of net/netfilter/ipvs/ip_vs_sync.c (ip_vs_sync_conn_needed), asked by
 * looking over the table and not for each packet, so that a packet costs nothing.
 *
 * A connection's record notes what was told of it last: packets and state. Beyond IPVS a connection that goes on slowly is
 * told of again when its end has moved by half its time, so that its copies do not run out.
 */
import { familyOf, type Words } from '../address/words.js'
import * as record from '../conn/record.js'
import { SctpState } from '../conn/sctp.js'
import type { ConnectionTable } from '../conn/table.js'
import { TcpState } from '../conn/tcp.js'
import { Protocol } from '../wire/frame.js'
import type { DuePage, SyncEntry } from './data-plane.js'
import type { EngineSettings } from './table.js'

const { Flag } = record

/** Records looked at for a page, and entries that fill one: what keeps packets waiting for a millisecond. */
const PAGE = 4096
const PAGE_ENTRIES = 512

/** TOLD: the state + 1 over the low bits of the packets. 0: nothing was told. */
const PACKET_BITS = 24
const PACKETS = (1 << PACKET_BITS) - 1

const bits = (...states: number[]): number => states.reduce((sum, state) => sum | (1 << state), 0)
/** States that others are told of, besides UDP's one. */
const TCP_TOLD = bits(TcpState.established, TcpState.finWait, TcpState.close, TcpState.closeWait, TcpState.timeWait)
const SCTP_TOLD = bits(
  SctpState.established,
  SctpState.shutdownSent,
  SctpState.shutdownReceived,
  SctpState.shutdownAckSent,
  SctpState.closed,
)
/** A connection whose text has grown or shrunk here: an entry cannot say where. */
const REWORDED = Flag.application | Flag.cold
const REFRESH_LEAST = record.ticksOf(10_000)

export class SyncDue {
  private readonly table: ConnectionTable
  private readonly words: Int32Array
  private readonly settings: EngineSettings
  /** By handle, when connections were to end as others know. Made when somebody is told. */
  private ends = new Int32Array(0)

  constructor(table: ConnectionTable, settings: EngineSettings) {
    this.table = table
    this.words = table.words
    this.settings = settings
  }

  /** What is due from handle `from` on, 0 for the first; it counts as told. */
  page(from: number): DuePage {
    const { table } = this
    const entries: SyncEntry[] = []
    const handles: number[] = []
    const end = Math.min(from + PAGE, table.end)
    let handle = table.next(from - 1, end)
    for (; handle >= 0 && entries.length < PAGE_ENTRIES; handle = table.next(handle, end)) {
      if (!this.isDue(handle)) continue
      this.note(handle)
      entries.push(this.entry(handle))
      handles.push(handle)
    }
    const next = handle >= 0 ? handle : end
    return { entries, handles, next: next < table.end ? next : -1 }
  }

  /** Others did not hear of these after all. One that has another connection by now has told nothing of it yet. */
  retell(handles: readonly number[]): void {
    for (const handle of handles) this.words[this.table.base(handle) + record.TOLD] = 0
  }

  /** Others know this connection as it is now. */
  note(handle: number): void {
    if (this.ends.length === 0) this.ends = this.endsNow()
    const base = this.table.base(handle)
    const { words } = this
    const state = record.stateOf(words[base + record.META])
    words[base + record.TOLD] = ((state + 1) << PACKET_BITS) | (words[base + record.IN_PACKETS] & PACKETS)
    this.ends[handle] = words[base + record.EXPIRES]
  }

  /** What an earlier process told counts as told now: others may have heard better since. */
  private endsNow(): Int32Array<ArrayBuffer> {
    const { table, words } = this
    const ends = new Int32Array(table.capacity)
    for (let handle = table.next(-1); handle >= 0; handle = table.next(handle))
      ends[handle] = words[table.base(handle) + record.EXPIRES]
    return ends
  }

  private isDue(handle: number): boolean {
    const { words, settings } = this
    const base = this.table.base(handle)
    const meta = words[base + record.META]
    if (isMixed(words, base) || (meta & record.EXPECTED_KIND) !== 0 || (meta & REWORDED) === REWORDED) return false
    const told = words[base + record.TOLD]
    const moved = told === 0 ? Number.POSITIVE_INFINITY : this.moved(handle, base)
    if (meta & record.TEMPLATE_KIND) return moved !== 0 && this.isRefreshed(base, moved)
    if (settings.syncsTemplatesOnly && this.isPersistent(base)) return false
    const state = record.stateOf(meta)
    if (!isTold(meta & 0xff, state)) return false
    const isNews = state + 1 !== told >>> PACKET_BITS && !isPlain(meta & 0xff, state)
    if (isNews || (told !== 0 && moved >= words[base + record.TIMEOUT] >> 1)) return true
    return this.isRefreshed(base, moved) && this.countsSo(told, words[base + record.IN_PACKETS])
  }

  /** By how much its end has moved, ticks. */
  private moved(handle: number, base: number): number {
    return this.ends.length === 0 ? 0 : Math.abs((this.words[base + record.EXPIRES] - this.ends[handle]) | 0)
  }

  private isRefreshed(base: number, moved: number): boolean {
    const { syncRefreshMs } = this.settings
    if (syncRefreshMs === 0) return true
    const half = this.words[base + record.TIMEOUT] >> 1
    return moved >= Math.min(record.ticksOf(syncRefreshMs), Math.max(half, REFRESH_LEAST))
  }

  /** Whether the packets that came since it was told of last include one that is to be told of. */
  private countsSo(told: number, packets: number): boolean {
    const { syncThreshold, syncPeriod, syncRefreshMs } = this.settings
    if (told === 0) return packets >= syncThreshold || (syncPeriod === 0 && syncRefreshMs > 0)
    if (syncPeriod === 0) return syncRefreshMs > 0
    const since = (packets - told) & PACKETS
    const turns = (count: number) => Math.floor((count - syncThreshold) / syncPeriod)
    return turns(packets) > turns(packets - since)
  }

  private isPersistent(base: number): boolean {
    const control = this.words[base + record.CONTROL]
    return control > 0 && (this.words[this.table.base(control - 1) + record.META] & record.TEMPLATE_KIND) !== 0
  }

  private entry(handle: number): SyncEntry {
    const { words } = this
    const base = this.table.base(handle)
    const meta = words[base + record.META]
    const template = (meta & record.TEMPLATE_KIND) !== 0
    const clientPorts = words[base + record.CLIENT_PORTS]
    return {
      family: familyOf(words, base + record.CLIENT),
      protocol: record.protocolOf(meta),
      template,
      method: record.methodOf(meta),
      noOutput: (meta & Flag.noOutput) !== 0,
      inactive: !template && (meta & Flag.inactive) !== 0,
      state: template ? Number((meta & Flag.assured) !== 0) : record.stateOf(meta),
      client: wordsAt(words, base + record.CLIENT),
      clientPort: clientPorts >>> 16,
      virtual: wordsAt(words, base + record.VIRTUAL),
      virtualPort: clientPorts & 0xffff,
      real: wordsAt(words, base + record.REAL),
      realPort: words[base + record.REAL_PORTS] >>> 16,
      fwmark: words[base + record.MARK] >>> 0,
      timeoutS: Math.max(1, Math.round((words[base + record.TIMEOUT] * record.TICK_MS) / 1000)),
      source: (meta & (Flag.pooled | Flag.translated)) === 0 ? null : this.source(handle, base, meta),
    }
  }

  private source(handle: number, base: number, meta: number): SyncEntry['source'] {
    const { words, table } = this
    const cold = meta & Flag.cold ? table.coldBase(handle) : -1
    return {
      address: wordsAt(words, base + record.SOURCE_ADDRESS),
      port: words[base + record.REAL_PORTS] & 0xffff,
      pooled: (meta & Flag.pooled) !== 0,
      sequenceShift: cold < 0 ? 0 : words[cold + record.SEQUENCE_SHIFT],
      timestampShift: cold < 0 ? 0 : words[cold + record.TIMESTAMP_SHIFT],
    }
  }
}

const wordsAt = (words: Int32Array, at: number): Words => [words[at], words[at + 1], words[at + 2], words[at + 3]]

/** An entry has addresses of one family; a tunnel may lead from one to the other. */
const isMixed = (words: Int32Array, base: number): boolean =>
  familyOf(words, base + record.CLIENT) !== familyOf(words, base + record.REAL)

const isTold = (protocol: number, state: number): boolean => {
  if (protocol === Protocol.tcp) return ((TCP_TOLD >> state) & 1) === 1
  return protocol !== Protocol.sctp || ((SCTP_TOLD >> state) & 1) === 1
}

/** ESTABLISHED waits for the count of packets, as does what has one state. */
const isPlain = (protocol: number, state: number): boolean =>
  protocol === Protocol.tcp
    ? state === TcpState.established
    : protocol !== Protocol.sctp || state === SctpState.established
