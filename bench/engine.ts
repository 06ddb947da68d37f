/** The engine in memory, one thread: packets per second, cost by table size, bytes per connection, garbage. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { PerformanceObserver, performance } from 'node:perf_hooks'
import { parse } from '../src/address/words.js'
import { apply } from '../src/commands/apply.js'
import type { Command } from '../src/commands/command.js'
import { compile } from '../src/compile/compile.js'
import { bytesFor, type TableSeed } from '../src/conn/table.js'
import { Engine } from '../src/engine/engine.js'
import type { ForwardingTable } from '../src/engine/table.js'
import { HEADROOM, Packet } from '../src/io/port.js'
import { emptyState } from '../src/model/state.js'
import { mapFile } from '../src/sys/memory.js'
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
const WARM_UP = 300_000
const PACKETS = 2_000_000
const SLICE = 20_000

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
  const rule = {
    protocol: { invert: false, value: 0 },
    source: null,
    destination: null,
    inInterface: null,
    outInterface: null,
    fragment: null,
    matches: [],
    target,
  }
  const commands: Command[] = [
    { kind: 'service.add', key: service, options },
    ...[1, 2, 3, 4].map((n) => ({
      kind: 'destination.add' as const,
      service,
      key: { address: `192.0.2.2${n}`, port: 80 },
      options: real,
    })),
    { kind: 'rule.append', family: 4, chain: 'POSTROUTING', rule, packets: 0, bytes: 0 },
  ]
  const state = commands.reduce(apply, emptyState())
  return compile(state, { to: () => ({ interface: 'eth0', source: '192.0.2.10' }) })
}

export interface EngineResult {
  connections: number
  nanosecondsPerPacket: number
  /** Nanoseconds a packet in the best 20 000 in a row: what the engine takes while nobody else has the processor. */
  quietest: number
  bytesPerConnection: number
  /** Garbage collections while packets were carried, all rounds. */
  collections: number
}

/** Flow `n` of `flows`: its own client address and port. */
function build(view: DataView, at: number, n: number, flags: number): void {
  view.setUint32(at, 0x45000000 | LENGTH)
  view.setUint32(at + 4, 0x00004000)
  view.setUint32(at + 8, 0x40060000)
  view.setUint32(at + 12, 0x0a000000 + Math.floor(n / 50_000) + 1)
  view.setInt32(at + 16, VIP[3])
  view.setUint16(at + 20, 1024 + (n % 50_000))
  view.setUint16(at + 22, 80)
  view.setUint16(at + 32, (5 << 12) | flags)
}

interface Fixture {
  flows: number
  /** Sends one packet of flow `n`; false if it was dropped. */
  send: (n: number, flags: number) => boolean
  random: () => number
  bytesPerConnection: number
}

/** An engine with `flows` established connections. */
function establish(flows: number): Fixture {
  const view = new DataView(new ArrayBuffer(4096))
  const before = process.memoryUsage()
  const seed = new Uint32Array([1])
  const random = () => {
    seed[0] = Math.imul(seed[0], 1664525) + 1013904223
    return seed[0]
  }
  const memory = mapTemporary(bytesFor(flows))
  const engine = new Engine({ view, hops: 0, memory, capacity: flows, seed: SEED, random, nowMs: 0 })
  engine.install(table(), 0)
  const packet = new Packet()
  const send = (n: number, flags: number): boolean => {
    build(view, HEADROOM, n, flags)
    packet.at = HEADROOM
    packet.length = LENGTH
    packet.flags = 0
    return engine.handle(packet, 1000)
  }
  for (let n = 0; n < flows; n++)
    if (!send(n, SYN)) throw new Error(`flow ${n} refused: ${JSON.stringify(engine.status())}`)
  const after = process.memoryUsage()
  const grown = memory.byteLength + after.arrayBuffers - before.arrayBuffers
  return { flows, send, random, bytesPerConnection: grown / flows }
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

/** Packets of flows in random order: the table is measured, not the cache. */
function run({ flows, send, random }: Fixture, packets: number): number {
  const start = performance.now()
  for (let i = 0; i < packets; i++) send((random() >>> 4) % flows, ACK)
  return ((performance.now() - start) * 1e6) / packets
}

/** In a process of its own, as a director has one engine in one thread. */
async function measureHere(flows: number): Promise<EngineResult> {
  inlineDeeply()
  const fixture = establish(flows)
  run(fixture, WARM_UP)
  let collections = 0
  const observer = new PerformanceObserver((list) => {
    collections += list.getEntries().length
  })
  observer.observe({ entryTypes: ['gc'] })
  const slices = Array.from({ length: PACKETS / SLICE }, () => run(fixture, SLICE))
  await new Promise((resolve) => setTimeout(resolve, 20)) // the observer is told in the event loop
  return {
    connections: flows,
    nanosecondsPerPacket: slices.reduce((sum, one) => sum + one, 0) / slices.length,
    quietest: Math.min(...slices),
    bytesPerConnection: fixture.bytesPerConnection,
    collections,
  }
}

/** All sizes in turn, `rounds` times over; median times, the collections of all rounds. */
export function measureEngine(sizes: number[], rounds: number): EngineResult[] {
  const results = sizes.map(() => [] as EngineResult[])
  for (let round = 0; round < rounds; round++)
    for (const [i, flows] of sizes.entries()) {
      const output = execFileSync(process.execPath, [import.meta.filename, String(flows)], { encoding: 'utf8' })
      results[i].push(JSON.parse(output))
    }
  return results.map((runs) => ({
    ...runs[0],
    nanosecondsPerPacket: median(runs.map((one) => one.nanosecondsPerPacket)),
    quietest: Math.min(...runs.map((one) => one.quietest)),
    collections: runs.reduce((sum, one) => sum + one.collections, 0),
  }))
}

if (process.argv[1] === import.meta.filename) console.log(JSON.stringify(await measureHere(Number(process.argv[2]))))
