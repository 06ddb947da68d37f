/** The engine in memory, one thread: packets per second, cost by table size, bytes per connection, garbage. */

import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { PerformanceObserver, performance } from 'node:perf_hooks'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { parse } from '../src/address/words.js'
import { apply } from '../src/commands/apply.js'
import type { Command } from '../src/commands/command.js'
import { compile } from '../src/compile/compile.js'
import { bytesFor, type TableSeed } from '../src/conn/table.js'
import { Engine } from '../src/engine/engine.js'
import type { ForwardingTable } from '../src/engine/table.js'
import { BURST, HEADROOM, Packet, SPARE } from '../src/io/port.js'
import { ruleSpec } from '../src/model/fixture.js'
import { emptyState } from '../src/model/state.js'
import { mapFile, preferHugePages } from '../src/sys/memory.js'
import { inlineDeeply } from '../src/sys/optimizer.js'
import { median } from './median.js'

const VIP_TEXT = '192.0.2.45'
const VIP = parse(VIP_TEXT)!
/** 64 bytes on the wire without the link layer: IPv4 20, TCP 20, payload 24. */
const LENGTH = 64
const ADDRESSES = 32
const SYN = 2
const ACK = 16
const SEED: TableSeed = { hash: [1, 2], boot: [1, 2, 3, 4] }
/** Until the optimizer has been through with all of it: what is not optimized yet allocates. */
const WARM_UP = 512 * 2048
const PACKETS = 512 * 2048
/** So short that most slices see no other process. */
export const SLICE = 2048
const PORTS = 50_000
const NOW_MS = 1000
/** No power of two, so that slots do not compete for the same lines of the cache. */
const STRIDE = 33 * 64

/** The article's set-up with four servers and a range of SNAT addresses wide enough for a million connections. */
function table(): ForwardingTable {
  const service = { family: 4 as const, protocol: 'tcp' as const, address: VIP_TEXT, port: 80, fwmark: 0 }
  const options = {
    scheduler: 'rr',
    schedulerFlags: 0,
    persistence: 0,
    persistenceMask: 32,
    persistenceEngine: '',
    onePacket: false,
  }
  const tunnel = { type: 'ipip' as const, port: 0, checksum: 'nocsum' as const }
  const real = { method: 'masq' as const, weight: 1, upperThreshold: 0, lowerThreshold: 0, tunnel }
  const addresses = { from: '198.51.100.1', to: `198.51.100.${ADDRESSES}` }
  const target = { kind: 'SNAT' as const, addresses, ports: null, random: false, randomFully: false, persistent: false }
  const rule = ruleSpec(target)
  const commands: Command[] = [
    { kind: 'service.add', key: service, options },
    ...[1, 2, 3, 4].map((n) => ({
      kind: 'destination.add' as const,
      service,
      key: { address: `192.0.2.2${n}`, port: 80 },
      options: real,
    })),
    { kind: 'rule.append', table: 'nat', family: 4, chain: 'POSTROUTING', rule, packets: 0, bytes: 0 },
  ]
  const state = commands.reduce(apply, emptyState())
  return compile(state, { to: () => ({ interface: 'eth0', source: '192.0.2.10', mtu: 1500, local: false }) })
}

export interface EngineResult {
  connections: number
  /** Packets handed over at once. */
  burst: number
  /** Of the slices of SLICE packets in a row: the one in the middle, and the best, when nobody else has the processor. */
  nanosecondsPerPacket: number
  quietest: number
  bytesPerConnection: number
  /** Garbage collections while packets were carried, all rounds. */
  collections: number
}

/** A client's packet to the virtual service; its flow and flags are filled in when it is sent. */
function template(view: DataView, at: number): void {
  view.setUint32(at, 0x45000000 | LENGTH)
  view.setUint32(at + 4, 0x00004000)
  view.setUint16(at + 32, 5 << 12)
}

/** Makes it the packet of flow `n`: its own client address and port. The last packet of this slot was translated. */
function aim(view: DataView, at: number, n: number, flags: number): void {
  const client = (n / PORTS) | 0
  view.setInt32(at + 8, 0x40060000)
  view.setInt32(at + 12, 0x0a000001 + client)
  view.setInt32(at + 16, VIP[3])
  view.setInt32(at + 20, ((1024 + n - client * PORTS) << 16) | 80)
  view.setUint8(at + 33, flags)
}

/** An engine, and packets for it, each in a slot of its own as a port has them. */
class Fixture {
  readonly bytesPerConnection: number
  private readonly view = new DataView(new ArrayBuffer(HEADROOM + BURST * STRIDE + SPARE))
  private readonly packets = Array.from({ length: BURST }, () => new Packet())
  private readonly seed = new Int32Array([1])
  private readonly engine: Engine
  private readonly flows: number
  private sent = 0

  /** With `flows` established connections. */
  constructor(flows: number) {
    this.flows = flows
    const before = process.memoryUsage()
    const memory = mapTemporary(bytesFor(flows))
    const random = () => this.random()
    this.engine = new Engine({
      view: this.view,
      hops: 0,
      transmit: () => {
        this.sent++
      },
      memory,
      capacity: flows,
      seed: SEED,
      random,
      nowMs: 0,
      kernel: null,
    })
    preferHugePages(this.engine.indexMemory)
    this.engine.install(table(), 0)
    this.packets.forEach((packet, i) => {
      packet.at = HEADROOM + i * STRIDE
      packet.length = LENGTH
      template(this.view, packet.at)
    })
    for (let n = 0; n < flows; n++) this.open(n)
    const after = process.memoryUsage()
    this.bytesPerConnection = (memory.byteLength + after.arrayBuffers - before.arrayBuffers) / flows
  }

  private open(n: number): void {
    const [packet] = this.packets
    for (const flags of [SYN, ACK]) {
      aim(this.view, packet.at, n, flags)
      if (!this.engine.handle(packet, NOW_MS))
        throw new Error(`flow ${n} refused: ${JSON.stringify(this.engine.status())}`)
    }
  }

  private random(): number {
    this.seed[0] = Math.imul(this.seed[0], 1664525) + 1013904223
    return this.seed[0] >>> 1
  }

  /** A whole number of bursts of flows in random order: the table is measured, not the cache. Nanoseconds a packet. */
  run(packets: number, burst: number): number {
    this.sent = 0
    const start = performance.now()
    for (let left = packets; left > 0; left -= burst) {
      for (let i = 0; i < burst; i++) aim(this.view, this.packets[i].at, this.random() % this.flows, ACK)
      this.engine.handleBurst(this.packets, burst, NOW_MS)
    }
    if (this.sent !== packets) throw new Error(`${packets - this.sent} of ${packets} packets were dropped`)
    return ((performance.now() - start) * 1e6) / packets
  }
}

/** Mapped as the director's own table is; the mapping outlives the name. */
function mapTemporary(bytes: number): ArrayBuffer {
  const folder = mkdtempSync('/dev/shm/fullnat-bench-')
  try {
    return mapFile(join(folder, 'connections'), bytes)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** Of the warm-up, so that whatever is collected later is of packets. */
function collectGarbage(): void {
  setFlagsFromString('--expose-gc')
  runInNewContext('gc')()
}

/** Alone in its process, as a director has one engine in one thread. */
async function measureHere(flows: number, burst: number): Promise<EngineResult> {
  inlineDeeply()
  const fixture = new Fixture(flows)
  fixture.run(WARM_UP, burst)
  collectGarbage()
  let collections = 0
  const observer = new PerformanceObserver((list) => {
    collections += list.getEntries().length
  })
  observer.observe({ entryTypes: ['gc'] })
  const slices = Array.from({ length: PACKETS / SLICE }, () => fixture.run(SLICE, burst))
  await new Promise((resolve) => setTimeout(resolve, 20)) // the observer is told in the event loop
  return {
    connections: flows,
    burst,
    nanosecondsPerPacket: median(slices),
    quietest: Math.min(...slices),
    bytesPerConnection: fixture.bytesPerConnection,
    collections,
  }
}

/** In a process of its own, by this build or another's `script`. */
export function measureOnce(flows: number, burst: number, script = import.meta.filename): EngineResult {
  const output = execFileSync(process.execPath, [script, String(flows), String(burst)], { encoding: 'utf8' })
  const result: EngineResult = JSON.parse(output)
  if (result.burst !== burst) throw new Error(`${script} measures something else: it is older than bursts of packets`)
  return result
}

/** All sizes in turn, `rounds` times over; median times, the collections of all rounds. */
export function measureEngine(sizes: number[], rounds: number): EngineResult[] {
  const kinds = [BURST, 1].flatMap((burst) => sizes.map((flows) => ({ flows, burst, runs: [] as EngineResult[] })))
  for (let round = 0; round < rounds; round++)
    for (const { flows, burst, runs } of kinds) runs.push(measureOnce(flows, burst))
  return kinds.map(({ runs }) => ({
    ...runs[0],
    nanosecondsPerPacket: median(runs.map((one) => one.nanosecondsPerPacket)),
    quietest: Math.min(...runs.map((one) => one.quietest)),
    collections: runs.reduce((sum, one) => sum + one.collections, 0),
  }))
}

if (process.argv[1] === import.meta.filename) {
  const [flows, burst = 1] = process.argv.slice(2).map(Number)
  console.log(JSON.stringify(await measureHere(flows, burst)))
}
