/** A data path and a host without a kernel: the real engine in this thread, no packets, nothing to steer. */
import { bytesFor } from '../../src/conn/table.js'
import type { Carrier } from '../../src/daemon/assemble.js'
import type { Host } from '../../src/daemon/host.js'
import type { Asked, DataPlane, DataPlaneEvent, RuleCounters, SyncEntry } from '../../src/engine/data-plane.js'
import { Engine } from '../../src/engine/engine.js'
import type { ForwardingTable } from '../../src/engine/table.js'
import { SPARE } from '../../src/io/port.js'
import type { SteeringSpec } from '../../src/io/tun/spec.js'
import { NO_ADDRESSES } from '../../src/nat/address-kind.js'

const CAPACITY = 1024
const BITMAP_WORDS = 2048

export class SimulatedPlane implements DataPlane {
  readonly kind = 'simulated'
  table: ForwardingTable | null = null
  closed = false
  /** Fails the next installs with this. */
  fault: Error | null = null
  readonly #journal: string[]
  #listener: (event: DataPlaneEvent) => void = () => {}
  readonly #engine = new Engine({
    view: new DataView(new ArrayBuffer(SPARE)),
    hops: 0,
    transmit: () => {},
    memory: new ArrayBuffer(bytesFor(CAPACITY)),
    capacity: CAPACITY,
    seed: { hash: [1, 2], boot: [1, 2, 3, 4] },
    random: () => 0,
    nowMs: 0,
    kernel: null,
  })

  constructor(journal: string[]) {
    this.#journal = journal
  }

  async install(table: ForwardingTable): Promise<void> {
    if (this.fault) throw this.fault
    this.#engine.install(table, 0)
    this.table = table
    this.#journal.push(`install ${table.services.length}`)
  }
  services = async () => this.#engine.services()
  rules = async () => this.#engine.rules()
  connectionPage = async (from: number) => this.#engine.connectionPage(from, 0)
  connectionText = async (from: number) => this.#engine.connectionText(from, 0)
  pools = async () => this.#engine.pools()
  carriers = async () => this.#engine.carriers()
  status = async () => ({ ...this.#engine.status(), received: 0, sent: 0 })
  explain = async (asked: Asked) => this.#engine.explain(asked, 0)
  failures = async (lastMs: number) => this.#engine.failures(lastMs, 0)
  lingering = async () => this.#engine.lingering()
  zeroService = async (id: number | null) => this.#engine.zeroService(id)
  setRuleCounters = async (counters: RuleCounters[]) => this.#engine.setRuleCounters(counters)
  async excludePorts(tcp: Uint32Array, udp: Uint32Array): Promise<void> {
    this.#engine.excludePorts(tcp, udp)
    this.#journal.push('exclude ports')
  }
  dueConnections = async (from: number) => this.#engine.dueConnections(from)
  retellConnections = async (handles: number[]) => this.#engine.retellConnections(handles)
  adoptConnections = async (entries: SyncEntry[]) => this.#engine.adoptConnections(entries, 0)
  onEvent(listener: (event: DataPlaneEvent) => void): void {
    this.#listener = listener
  }
  async close(): Promise<void> {
    this.closed = true
    this.#journal.push('close')
  }
  raise(event: DataPlaneEvent): void {
    this.#listener(event)
  }
}

export class SimulatedHost implements Host {
  readonly routes = { to: () => null }
  learnRoutes(): void {}
  local = new Set<string>()
  steered: SteeringSpec | null = null
  changed: () => void = () => {}
  readonly #journal: string[]

  constructor(journal: string[]) {
    this.#journal = journal
  }

  async steer(spec: SteeringSpec): Promise<void> {
    this.steered = spec
    this.#journal.push(`steer ${spec.requests.length}+${spec.replies.length}`)
  }
  async restore(): Promise<void> {
    this.steered = null
    this.#journal.push('restore')
  }
  localPorts = () => ({ tcp: new Uint32Array(BITMAP_WORDS), udp: new Uint32Array(BITMAP_WORDS) })
  addresses = () => this.local
  echo = () => {
    throw new Error('nobody is there')
  }
  addressKinds = () => NO_ADDRESSES
  listening = new Set<string>()
  listeners = () => this.listening
  watch(changed: () => void): () => void {
    this.changed = changed
    return () => {
      this.#journal.push('unwatch')
    }
  }
  mtuOf = (name: string) => (name === 'lo' ? 65536 : null)
  addressOf = (name: string) => (name === 'lo' ? '127.0.0.1' : '')
  warnings = () => []
}

export interface SimulatedCarrier extends Carrier {
  plane: SimulatedPlane
  host: SimulatedHost
  /** What was asked of both, in order. */
  journal: string[]
}

export function simulatedCarrier(): SimulatedCarrier {
  const journal: string[] = []
  return { plane: new SimulatedPlane(journal), host: new SimulatedHost(journal), journal }
}
