/**
 * What another director tells of becomes a connection here (net/netfilter/ipvs/ip_vs_sync.c, ip_vs_proc_conn): it is
 * listed, it holds its source port, and its packets are carried, should they come here.
 *
 * An entry that differs from what is here wins, unless it is of an end: that may come late. What cannot be had (the source
 * is taken, the table is full) or makes no sense is refused, and nothing is left behind by it.
 */
import * as record from '../conn/record.js'
import { SCTP_STATE_NAMES } from '../conn/sctp.js'
import { TCP_STATE_NAMES } from '../conn/tcp.js'
import type { PortAllocator } from '../nat/ports.js'
import { Method } from '../service/service.js'
import type { ServiceTable } from '../service/table.js'
import { Protocol } from '../wire/frame.js'
import { hasApplication } from './application/ports.js'
import type { Connections } from './connections.js'
import type { AdoptCounts, SyncEntry } from './data-plane.js'
import type { SyncDue } from './sync-due.js'
import type { EngineSettings } from './table.js'

const { Flag } = record
/** Offsets in `key`, which is words 1-16 of a record. */
const KEY_REAL = record.REAL - record.CLIENT
const KEY_SOURCE = record.SOURCE_ADDRESS - record.CLIENT
/** Of a template whose message does not tell. */
const TEMPLATE_S = 180
/** Ticks wrap around; no setting of a timeout is longer. */
const TIMEOUT_MAX_S = 86_400 * 31
const OF_PEER = Flag.inactive | Flag.assured

export class SyncAdopt {
  private readonly connections: Connections
  private readonly services: ServiceTable
  private readonly ports: PortAllocator
  private readonly due: SyncDue
  private readonly settings: EngineSettings
  private readonly key = new Int32Array(16)
  private clientPorts = 0
  private realPorts = 0

  constructor(
    connections: Connections,
    services: ServiceTable,
    ports: PortAllocator,
    due: SyncDue,
    settings: EngineSettings,
  ) {
    this.connections = connections
    this.services = services
    this.ports = ports
    this.due = due
    this.settings = settings
  }

  adopt(entries: readonly SyncEntry[], nowTick: number): AdoptCounts {
    let taken = 0
    for (const entry of entries) if (makesSense(entry) && this.take(entry, nowTick)) taken++
    return { taken, refused: entries.length - taken }
  }

  private take(entry: SyncEntry, nowTick: number): boolean {
    const { connections } = this
    const { table } = connections
    this.loadKey(entry)
    const ref = table.find(kindOf(entry), this.key, 0, this.clientPorts)
    if (ref >= 0 && (ref & 1) === record.REPLY) return false
    if (ref >= 0 && this.isSame(ref >> 1, entry)) return this.renew(ref >> 1, entry, nowTick)
    if (ref >= 0 && entry.inactive) return true
    if (ref >= 0 && table.words[table.base(ref >> 1) + record.CONTROLLED] > 0) return false // connections here need it
    return this.open(entry, nowTick, ref >> 1)
  }

  private loadKey(entry: SyncEntry): void {
    const { client, virtual, real, clientPort, source } = entry
    const words = [...client, ...virtual, ...real, ...(source?.address ?? client)]
    for (let i = 0; i < words.length; i++) this.key[i] = words[i]
    this.clientPorts = (clientPort << 16) | entry.virtualPort
    this.realPorts = (entry.realPort << 16) | (source?.port ?? clientPort)
  }

  /** To the same real server, from the same source as far as it is told. */
  private isSame(handle: number, { source }: SyncEntry): boolean {
    const { table } = this.connections
    const base = table.base(handle)
    const end = source === null ? KEY_SOURCE : this.key.length
    for (let i = KEY_REAL; i < end; i++) if (table.words[base + record.CLIENT + i] !== this.key[i]) return false
    const ports = table.words[base + record.REAL_PORTS]
    return source === null ? ports >>> 16 === this.realPorts >>> 16 : ports === this.realPorts
  }

  private renew(handle: number, entry: SyncEntry, nowTick: number): boolean {
    const { connections } = this
    const { words } = connections.table
    const base = connections.table.base(handle)
    const kept = words[base + record.META] & ~OF_PEER
    const meta = entry.template ? kept : record.withState(kept, entry.state)
    connections.renew(handle, meta | this.flagsOf(entry), nowTick, this.timeoutOf(entry))
    this.settle(handle)
    return true
  }

  /** `old`: the connection that it replaces, -1 if none. Its answers come by another tuple: both can be had at once. */
  private open(entry: SyncEntry, nowTick: number, old: number): boolean {
    const { connections } = this
    const { table } = connections
    const handle = table.allocate()
    if (handle < 0) return false
    const base = table.base(handle)
    for (let i = 0; i < this.key.length; i++) table.words[base + record.CLIENT + i] = this.key[i]
    table.words[base + record.CLIENT_PORTS] = this.clientPorts
    table.words[base + record.REAL_PORTS] = this.realPorts
    table.words[base + record.MARK] = entry.fwmark
    table.words[base + record.META] = kindOf(entry) // not live yet: locate asks for the protocol
    const meta = this.metaOf(entry, connections.locate(base))
    if (!this.claim(meta)) {
      table.abandon(handle)
      return false
    }
    if (old >= 0) connections.close(old)
    connections.begin(handle, meta, nowTick, this.timeoutOf(entry))
    if (meta & Flag.pooled) this.shift(handle, entry)
    this.settle(handle)
    return true
  }

  /** A real server that is here says how it is reached; else the other director does. */
  private metaOf(entry: SyncEntry, destination: number): number {
    const kind = kindOf(entry) | this.flagsOf(entry)
    if (entry.template) return kind
    const method = destination < 0 ? entry.method : this.services.destinations.method[destination]
    const meta = record.withState(kind | record.metaOfMethod(method), entry.state)
    if (method !== Method.masq) return meta | Flag.noOutput
    const { source } = entry
    const speaks = entry.protocol === Protocol.tcp && hasApplication(entry.virtualPort) ? Flag.application : 0
    if (source === null) return meta | speaks
    return meta | speaks | (source.pooled ? Flag.pooled : 0) | (this.isTranslated() ? Flag.translated : 0)
  }

  private flagsOf({ template, inactive, state }: SyncEntry): number {
    if (template) return state === 1 ? Flag.assured : 0
    return inactive ? Flag.inactive : 0
  }

  private isTranslated(): boolean {
    const { key } = this
    for (let i = 0; i < 4; i++) if (key[i] !== key[KEY_SOURCE + i]) return true
    return this.clientPorts >>> 16 !== (this.realPorts & 0xffff)
  }

  /** Answers must lead to this connection alone, and its port be no other's. */
  private claim(meta: number): boolean {
    const { key, realPorts, ports } = this
    const protocol = meta & 0xff
    if (!record.hasReplies(meta)) return true
    if (this.connections.taken(protocol, key, KEY_REAL, realPorts)) return false
    if ((meta & Flag.pooled) === 0) return true
    return ports.claim(key, KEY_SOURCE, KEY_REAL, realPorts >>> 16, protocol, realPorts & 0xffff)
  }

  private shift(handle: number, { source }: SyncEntry): void {
    const { table } = this.connections
    if (source === null || (source.sequenceShift === 0 && source.timestampShift === 0)) return
    table.words[table.base(handle) + record.META] |= Flag.cold
    const cold = table.coldBase(handle)
    table.words[cold + record.SEQUENCE_SHIFT] = source.sequenceShift
    table.words[cold + record.TIMESTAMP_SHIFT] = source.timestampShift
  }

  /** It counts as told, so that two directors do not tell each other of it for ever. */
  private settle(handle: number): void {
    const { table } = this.connections
    table.words[table.base(handle) + record.IN_PACKETS] = this.settings.syncThreshold
    this.due.note(handle)
  }

  private timeoutOf({ template, protocol, state, timeoutS }: SyncEntry): number {
    if (timeoutS > 0) return record.ticksOf(Math.min(timeoutS, TIMEOUT_MAX_S) * 1000)
    return template ? record.ticksOf(TEMPLATE_S * 1000) : this.connections.aging.timeoutOf(protocol, state)
  }
}

const kindOf = ({ protocol, template }: SyncEntry): number => protocol | (template ? record.TEMPLATE_KIND : 0)

const STATES: Readonly<Record<number, number>> = {
  [Protocol.tcp]: TCP_STATE_NAMES.length,
  [Protocol.udp]: 1,
  [Protocol.sctp]: SCTP_STATE_NAMES.length,
}

/** Of a protocol that is balanced, in a state that it has; a template's protocol may be none. */
const makesSense = ({ protocol, template, state }: SyncEntry): boolean =>
  template ? protocol === 0 || protocol in STATES : state < (STATES[protocol] ?? 0)
