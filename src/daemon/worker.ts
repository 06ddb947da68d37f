/**
 * The packet thread: one engine between one TUN port and a mapped connection table.
 *
 * Composition root of the worker. It owns the device's file and the table's memory; the main thread reaches it by
 * messages alone (tun-plane.ts), which it answers between two bursts of packets.
 */
import { randomFillSync } from 'node:crypto'
import { performance } from 'node:perf_hooks'
import { parentPort, workerData } from 'node:worker_threads'
import { bytesFor } from '../conn/table.js'
import type { Asked, DataPlaneStatus, RuleCounters, SyncEntry } from '../engine/data-plane.js'
import { Engine } from '../engine/engine.js'
import type { ForwardingTable } from '../engine/table.js'
import { Failure } from '../failure/failure.js'
import { KernelProgram } from '../io/ebpf/program.js'
import { TunPort } from '../io/tun/port.js'
import { flatten } from '../service/flat.js'
import { bootId, monotonicMs } from '../sys/host.js'
import { mapFile, preferHugePages } from '../sys/memory.js'
import { inlineDeeply } from '../sys/optimizer.js'
import { openKernelPath } from './kernel.js'
import type { Call, Reply, WorkerOptions } from './tun-plane.js'

const TICK_MS = 50
const PULSE_MS = 5
/** Where no connection is: each tick wakes a sleeping core. */
const IDLE_TICK_MS = 250

const { device, connectionsFile, hooksFile, capacity: wanted, datapath } = workerData as WorkerOptions
const main = parentPort!
inlineDeeply()
const origin = monotonicMs() - performance.now()
const nowMs = (): number => origin + performance.now()

const place = new KernelProgram(device, hooksFile)
// Before the device is taken: whoever tries another way needs it.
const kernel = datapath === 'ebpf' ? openKernelPath(place, wanted, [randomWord() | 1, randomWord()]) : null
const port = new TunPort({ name: device })
const capacity = kernel?.capacity ?? wanted
const engine = new Engine({
  view: port.view,
  hops: port.hops,
  transmit: (packet) => port.transmit(packet),
  memory: kernel?.connections ?? mapFile(connectionsFile, bytesFor(capacity)),
  capacity,
  seed: { hash: kernel?.hashSeed ?? [randomWord(), randomWord()], boot: bootWords() },
  random: () => Math.random() * 0x1_0000_0000,
  nowMs: nowMs(),
  kernel: kernel?.memory ?? null,
})
preferHugePages(engine.indexMemory)
engine.events.listener = (event) => main.postMessage({ event } satisfies Reply)
const life = {
  started: false,
  stopping: false,
  stopped: false,
  pulsing: false,
  timer: undefined as NodeJS.Timeout | undefined,
}

/** One entry for each call of the data plane. */
const calls: Record<string, (argument: never) => unknown> = {
  install(table: ForwardingTable): void {
    engine.install(table, nowMs())
    if (kernel) place.attach(kernel.program)
    if (life.started) return
    life.started = true
    port.start((packets, count) => engine.handleBurst(packets, count, nowMs()))
    port.startCopies((packet) => engine.handleCopy(packet, nowMs()))
  },
  services: () => flatten(engine.services()),
  rules: () => engine.rules(),
  connectionPage: (from: number) => engine.connectionPage(from, nowMs()),
  connectionText: (from: number) => engine.connectionText(from, nowMs()),
  status: (): DataPlaneStatus => ({
    ...engine.status(),
    received: port.counters.received,
    sent: port.counters.sent,
    drops: withRefused(engine.status().drops),
  }),
  pools: () => engine.pools(),
  carriers: () => engine.carriers(),
  explain: (asked: Asked) => engine.explain(asked, nowMs()),
  failures: (lastMs: number) => engine.failures(lastMs, nowMs()),
  lingering: () => engine.lingering(),
  zeroService: (id: number | null) => engine.zeroService(id),
  setRuleCounters: (counters: RuleCounters[]) => engine.setRuleCounters(counters),
  excludePorts: ({ tcp, udp }: { tcp: Uint32Array; udp: Uint32Array }) => engine.excludePorts(tcp, udp),
  dueConnections: (from: number) => engine.dueConnections(from),
  retellConnections: (handles: number[]) => engine.retellConnections(handles),
  adoptConnections: (entries: SyncEntry[]) => engine.adoptConnections(entries, nowMs()),
  close(): void {
    clearTimeout(life.timer)
    life.stopping = true
    stop()
    setImmediate(() => main.close())
  },
}

tick()
// However this thread ends: its successor needs the device, and node does not know of these descriptors.
process.on('exit', stop)

main.on('message', ({ id, method, argument }: Call) => {
  try {
    main.postMessage({ id, value: calls[method](argument as never) } satisfies Reply)
  } catch (error) {
    const { code, message } = error instanceof Failure ? error : { code: 'internal' as const, message: String(error) }
    main.postMessage({ id, failure: { code, message } } satisfies Reply)
  }
})
main.postMessage({ ready: true } satisfies Reply)

function stop(): void {
  if (!life.stopped) port.stop()
  life.stopped = true
}

/** Packets have their turn between two portions of expired connections. */
function tick(): void {
  if (life.stopping) return
  if (!engine.tick(nowMs())) setImmediate(tick)
  else life.timer = setTimeout(tick, engine.isIdle ? IDLE_TICK_MS : TICK_MS)
  if (kernel !== null && !life.pulsing && !engine.isIdle) setTimeout(pulse, PULSE_MS)
}

function pulse(): void {
  life.pulsing = !life.stopping && engine.pulse(nowMs())
  if (life.pulsing) setTimeout(pulse, PULSE_MS)
}

function withRefused(drops: Record<string, number>): Record<string, number> {
  return port.counters.refused > 0 ? { ...drops, portDown: port.counters.refused } : drops
}

function randomWord(): number {
  return randomFillSync(new Int32Array(1))[0]
}

function bootWords(): [number, number, number, number] {
  const hex = bootId().replaceAll('-', '')
  const word = (i: number) => Number.parseInt(hex.slice(i * 8, i * 8 + 8), 16) | 0
  return [word(0), word(1), word(2), word(3)]
}
