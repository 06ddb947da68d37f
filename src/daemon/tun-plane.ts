/**
 * The data path through the TUN device, as the control plane sees it: a DataPlane whose calls are messages to the
 * packet thread. When that thread dies it is started again with the last table; the connections are in their file.
 */
import { Worker } from 'node:worker_threads'
import type {
  AdoptCounts,
  Asked,
  ConnectionPage,
  ConnectionText,
  DataPlane,
  DataPlaneEvent,
  DataPlaneStatus,
  DropView,
  DuePage,
  Explanation,
  Lingering,
  RuleCounters,
  ServiceCarrier,
  ServiceCounters,
  SourceUse,
  SyncEntry,
} from '../engine/data-plane.js'
import type { ForwardingTable } from '../engine/table.js'
import { Failure, type FailureCode } from '../failure/failure.js'
import { unflatten } from '../service/flat.js'

export interface WorkerOptions {
  /** The device, made by steering. */
  device: string
  /** Where connections outlive the process. */
  connectionsFile: string
  capacity: number
  datapath: 'tun' | 'ebpf'
  /** Says where the program in the kernel made hooks for itself. */
  hooksFile: string
}

export interface Call {
  id: number
  method: string
  argument: unknown
}

export type Reply =
  | { id: number; value: unknown }
  | { id: number; failure: { code: FailureCode; message: string } }
  | { event: DataPlaneEvent }
  | { ready: true }

interface Waiting {
  resolve: (value: never) => void
  reject: (error: Error) => void
}

const RESTART_MS = 200

/** Resolves when the packet thread has the device and the table; fails with its Failure (no-tun, permission ...). */
export async function startTunPlane(options: WorkerOptions): Promise<DataPlane> {
  const plane = new TunPlane(options)
  await plane.start()
  return plane
}

class TunPlane implements DataPlane {
  readonly kind: 'tun' | 'ebpf'
  private readonly options: WorkerOptions
  private worker: Worker | null = null
  private closing = false
  private nextId = 1
  private readonly waiting = new Map<number, Waiting>()
  private lastTable: ForwardingTable | null = null
  private lastPorts: { tcp: Uint32Array; udp: Uint32Array } | null = null
  /** What the last packet thread died of; '' since one serves. */
  private fault = ''
  private listener: (event: DataPlaneEvent) => void = () => {}

  constructor(options: WorkerOptions) {
    this.options = options
    this.kind = options.datapath
  }

  start(): Promise<void> {
    return new Promise((resolve, reject) => {
      const worker = new Worker(new URL('./worker.js', import.meta.url), {
        workerData: this.options,
        trackUnmanagedFds: false, // sockets come from system calls of our own; node would warn when they are closed
      })
      worker.on('message', (reply: Reply) => ('ready' in reply ? resolve() : this.receive(reply)))
      worker.on('error', (error: Error & { code?: FailureCode }) => {
        reject(error)
        this.failed(error)
      })
      worker.on('exit', () => this.exited())
      this.worker = worker
    })
  }

  install(table: ForwardingTable): Promise<void> {
    this.lastTable = table
    return this.call('install', table)
  }
  services = async (): Promise<ServiceCounters[]> => unflatten(await this.call('services', null))
  rules = (): Promise<RuleCounters[]> => this.call('rules', null)
  status = (): Promise<DataPlaneStatus> => this.call('status', null)
  pools = (): Promise<SourceUse[]> => this.call('pools', null)
  carriers = (): Promise<ServiceCarrier[]> => this.call('carriers', null)
  connectionPage = (from: number): Promise<ConnectionPage> => this.call('connectionPage', from)
  connectionText = (from: number): Promise<ConnectionText> => this.call('connectionText', from)
  explain = (asked: Asked): Promise<Explanation> => this.call('explain', asked)
  failures = (lastMs: number): Promise<DropView[]> => this.call('failures', lastMs)
  lingering = (): Promise<Lingering[]> => this.call('lingering', null)
  zeroService = (id: number | null): Promise<void> => this.call('zeroService', id)
  setRuleCounters = (counters: RuleCounters[]): Promise<void> => this.call('setRuleCounters', counters)
  dueConnections = (from: number): Promise<DuePage> => this.call('dueConnections', from)
  retellConnections = (handles: number[]): Promise<void> => this.call('retellConnections', handles)
  adoptConnections = (entries: SyncEntry[]): Promise<AdoptCounts> => this.call('adoptConnections', entries)
  excludePorts(tcp: Uint32Array, udp: Uint32Array): Promise<void> {
    this.lastPorts = { tcp, udp }
    return this.call('excludePorts', this.lastPorts)
  }

  onEvent(listener: (event: DataPlaneEvent) => void): void {
    this.listener = listener
  }

  async close(): Promise<void> {
    this.closing = true
    if (this.worker === null) return
    await this.call('close', null)
    await this.worker?.terminate()
  }

  private call<T>(method: string, argument: unknown): Promise<T> {
    return new Promise((resolve, reject) => {
      const { worker } = this
      if (worker === null) return reject(new Failure('internal', 'the packet thread is being started again'))
      const id = this.nextId++
      this.waiting.set(id, { resolve, reject })
      worker.postMessage({ id, method, argument } satisfies Call)
    })
  }

  private receive(reply: Exclude<Reply, { ready: true }>): void {
    if ('event' in reply) {
      this.listener(reply.event)
      return
    }
    const waiting = this.waiting.get(reply.id)
    this.waiting.delete(reply.id)
    if ('failure' in reply) waiting?.reject(new Failure(reply.failure.code, reply.failure.message))
    else waiting?.resolve(reply.value as never)
  }

  private failed(error: Error): void {
    // What is foreseen needs no stack; its class does not cross threads.
    const fault = error.stack?.startsWith(Failure.name) ? error.message : (error.stack ?? error.message)
    if (this.lastTable === null || fault === this.fault) return
    this.fault = fault
    const message = `the packet thread failed and is started again: ${fault}`
    this.listener({ level: 'error', code: 'worker-failed', message })
  }

  private exited(): void {
    this.worker = null
    for (const { reject } of this.waiting.values()) reject(new Failure('internal', 'the packet thread ended'))
    this.waiting.clear()
    if (this.closing || this.lastTable === null) return
    setTimeout(() => void this.restart(this.lastTable!), RESTART_MS)
  }

  private async restart(table: ForwardingTable): Promise<void> {
    if (this.closing) return
    try {
      await this.start()
      if (this.lastPorts) await this.call('excludePorts', this.lastPorts)
      await this.install(table)
      this.fault = ''
    } catch {
      // exited() has been told and tries again
    }
  }
}
