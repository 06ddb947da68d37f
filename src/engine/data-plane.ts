/**
 * What the control plane may ask of a data path, wherever it runs: in this process, in a worker, in the kernel.
 *
 * Every call is asynchronous and none of them stops the traffic. `install` is the only way behaviour changes.
 */
import type { Words } from '../address/words.js'
import type { SourceUse } from '../nat/ports.js'
import type { Totals } from '../service/estimator.js'
import type { Lingering, ServiceCounters } from '../service/table.js'
import type { Asked, DropView, Explanation } from './explanation.js'
import type { ConnectionPage, ConnectionText } from './listing.js'
import type { ForwardingTable } from './table.js'

export type { SourceUse } from '../nat/ports.js'
export type { Totals, Traffic } from '../service/estimator.js'
export type { DestinationCounters, Lingering, ServiceCounters } from '../service/table.js'
export type { Asked, CandidateView, DropView, Explanation, ForeseenView, RunningView } from './explanation.js'
export type { ConnectionPage, ConnectionRow, ConnectionText } from './listing.js'

/** Of a nat rule, or of a built-in chain's policy. */
export interface RuleCounters {
  id: number
  packets: number
  bytes: number
}

export interface ConnectionView {
  protocol: number
  /** 'SYN_RECV', 'UDP', 'ASSURED' ... as ipvsadm prints it. */
  state: string
  expiresMs: number
  client: string
  clientPort: number
  virtual: string
  virtualPort: number
  destination: string
  destinationPort: number
  /** The translated source, '' and 0 where the client's own is kept. */
  source: string
  sourcePort: number
  template: boolean
  engineName: string
  engineData: string
}

export interface DataPlaneStatus {
  connections: number
  capacity: number
  received: number
  sent: number
  toHost: number
  /** Of balanced services, since the data path began. */
  traffic: Totals
  /** How much of it never left the kernel. */
  inKernel: { packets: number; bytes: number }
  /** Source ports taken from connections in TIME_WAIT, because a pool had no other left. */
  earlyPorts: number
  /** Source ports in use. */
  ports: number
  /** Reason name -> packets dropped; only those above zero. */
  drops: Record<string, number>
}

/** Something an operator should read: a pool ran dry, the table is full. Rate-limited by the data path. */
export interface DataPlaneEvent {
  level: 'warn' | 'error'
  code: string
  message: string
}

/** Where a service runs, and why there: an empty reason is the kernel, any other the engine. */
export interface ServiceCarrier {
  id: number
  /** Its new connections. */
  opening: string
  /** Those that are established. */
  established: string
}

/** The translated source of a connection. */
export interface SyncSource {
  address: Words
  port: number
  /** The port is taken from a pool. */
  pooled: boolean
  /** What the client's sequence numbers and timestamps are moved by towards the server. */
  sequenceShift: number
  timestampShift: number
}

/** A connection, or a persistence template, as directors tell each other of it. */
export interface SyncEntry {
  family: 4 | 6
  /** Of a mark's templates 0. */
  protocol: number
  template: boolean
  /** IPVS's number. */
  method: number
  noOutput: boolean
  inactive: boolean
  /** IPVS's number of its protocol's state; of a template 1 once it is assured. */
  state: number
  client: Words
  clientPort: number
  virtual: Words
  virtualPort: number
  real: Words
  realPort: number
  fwmark: number
  /** 0: that of its state. */
  timeoutS: number
  /** null: the client's own. */
  source: SyncSource | null
}

/** Some of the connections that other directors are to be told of. */
export interface DuePage {
  entries: SyncEntry[]
  /** Of each entry its connection, which counts as told from now on. */
  handles: number[]
  /** Where the next page begins; -1 after the last. */
  next: number
}

/** What became of entries that another director told of. */
export interface AdoptCounts {
  taken: number
  /** There is no room, another connection has the source, or the entry makes no sense here. */
  refused: number
}

export interface DataPlane {
  readonly kind: 'tun' | 'ebpf' | 'simulated'
  install(table: ForwardingTable): Promise<void>
  services(): Promise<ServiceCounters[]>
  rules(): Promise<RuleCounters[]>
  /** Some of them, from `from` on, 0 for the first: what is looked at keeps no packet waiting for long. */
  connectionPage(from: number): Promise<ConnectionPage>
  /** The same for a listing, as JSON. */
  connectionText(from: number): Promise<ConnectionText>
  status(): Promise<DataPlaneStatus>
  /** Source addresses whose ports are in use. */
  pools(): Promise<SourceUse[]>
  /** Where each service runs. */
  carriers(): Promise<ServiceCarrier[]>
  /** What is done with such a packet, and why; nothing changes by it. */
  explain(asked: Asked): Promise<Explanation>
  /** Packets dropped in the last `lastMs`, the latest first. */
  failures(lastMs: number): Promise<DropView[]>
  /** Their packets must go on reaching the data path: it knows what to do with them, the host does not. */
  lingering(): Promise<Lingering[]>
  /** Service counters start again from zero; null: all. */
  zeroService(id: number | null): Promise<void>
  /** Counters of these rules (or chain policies) are set to packets and bytes. */
  setRuleCounters(counters: RuleCounters[]): Promise<void>
  /** Ports of local sockets, which no connection may take as its source: 65536 bits (2048 words) per protocol. */
  excludePorts(tcp: Uint32Array, udp: Uint32Array): Promise<void>
  /** What other directors are to be told of, as the kernel's sync_* settings say; each is handed out once when due. */
  dueConnections(from: number): Promise<DuePage>
  /** Connections of a page of which nobody could be told. */
  retellConnections(handles: number[]): Promise<void>
  /** Connections of another director go on here, should their packets come. */
  adoptConnections(entries: SyncEntry[]): Promise<AdoptCounts>
  onEvent(listener: (event: DataPlaneEvent) => void): void
  close(): Promise<void>
}
