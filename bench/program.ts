/**
 * What the program in the kernel costs a packet, by BPF_PROG_TEST_RUN, as its tables grow. Runs inside a network namespace of its
 * own (program-run.ts starts it there), where one neighbour reaches everything. JSON to stdout.
 *
 * A packet that is carried is another packet afterwards, so a run cannot simply be repeated: established packets go through a
 * service whose real server is the virtual address itself, which changes nothing but the time to live; of SYNs each is another
 * client's, timed alone, less what timing alone costs.
 */
import { compile } from '../src/compile/compile.js'
import { openKernelPath } from '../src/daemon/kernel.js'
import { Engine } from '../src/engine/engine.js'
import { KernelProgram } from '../src/io/ebpf/program.js'
import { HEADROOM, SPARE, TAILROOM } from '../src/io/port.js'
import type { State } from '../src/model/state.js'
import { emptyState } from '../src/model/state.js'
import { testRun } from '../src/sys/bpf.js'
import { monotonicMs } from '../src/sys/host.js'
import { type Built, tcp, udp } from '../test/packets/build.js'
import { routes } from '../test/packets/golden-run.js'
import { changed } from '../test/packets/state.js'
import { median } from './median.js'
import type { ProgramRow } from './program-run.js'

const ETHERNET = 14
const LONGEST_TTL = 255
/** Of one packet, until its time to live is used up. */
const REPEATS = 250
const TRIES = 40
const SYNS = 300
const CAPACITY = 1 << 21
const ADDRESS = '198.51.100.45'
const SAME = `${ADDRESS}:80`
const OTHER = `${ADDRESS}:81`
const CLIENT = '192.0.2.100'

const kernel = openKernelPath(new KernelProgram('', '/nonexistent'), CAPACITY, [1, 2])

function framed({ bytes }: Built): Buffer {
  const frame = Buffer.alloc(ETHERNET + bytes.length)
  frame.writeUInt16BE(0x0800, ETHERNET - 2)
  frame.set(bytes, ETHERNET)
  return frame
}

const run = (packet: Built, repeat: number) => testRun(kernel.program.fd, framed(packet), repeat)

/** Services beside the two that are measured, and real servers of the one that SYNs go to. */
function stateOf(services: number, servers: number): State {
  const lines = [
    ...['-t', '-u'].flatMap((kind) => [`ipvsadm -A ${kind} ${SAME} -s rr`, `ipvsadm -a ${kind} ${SAME} -r ${SAME} -m`]),
    `ipvsadm -A -t ${OTHER} -s rr`,
    ...Array.from({ length: servers }, (_, i) => `ipvsadm -a -t ${OTHER} -r 203.0.${113 + (i >> 8)}.${i & 255}:80 -m`),
    ...Array.from(
      { length: services - 1 },
      (_, i) => `ipvsadm -A -t 10.${i >> 16}.${(i >> 8) & 255}.${i & 255}:80 -s rr`,
    ),
    `iptables -t nat -A POSTROUTING -m ipvs --vport 81 -j SNAT --to-source 192.0.2.10`,
  ]
  return lines.reduce(changed, emptyState())
}

function engineOf(state: State): Engine {
  for (const memory of [kernel.connections, ...Object.values(kernel.memory)]) new Uint8Array(memory).fill(0)
  const ring = new ArrayBuffer(HEADROOM + 65_535 + TAILROOM + SPARE)
  const engine = new Engine({
    view: new DataView(ring),
    hops: 0,
    transmit: () => {},
    memory: kernel.connections,
    capacity: CAPACITY,
    seed: { hash: kernel.hashSeed, boot: [1, 2, 3, 4] },
    random: () => 0x1234_5678,
    nowMs: monotonicMs(),
    kernel: kernel.memory,
  })
  engine.install(compile(state, routes), monotonicMs())
  while (!engine.tick(monotonicMs()));
  return engine
}

/** By SYNs of the program itself, tick after tick as its rings run empty. */
function fill(engine: Engine, connections: number): void {
  for (let n = 0; n < connections; n++) {
    const from = `10.${64 + (n >> 22)}.${(n >> 14) & 255}.${(n >> 6) & 255}:${1024 + (n & 63)}`
    if (run(tcp({ from, to: SAME, flags: 'S' }), 1).verdict === 0) throw new Error(`connection ${n} was not opened`)
    if (n % 8000 === 7999) settle(engine)
  }
  settle(engine)
}

function settle(engine: Engine): void {
  const until = monotonicMs() + 25
  while (monotonicMs() < until) engine.tick(monotonicMs())
  engine.tick(monotonicMs())
}

function measure(services: number, servers: number, connections: number): ProgramRow {
  const engine = engineOf(stateOf(services, servers))
  fill(engine, connections)
  const [segment, datagram] = [tcp, udp].map((make) => {
    const words = { from: `${CLIENT}:5000`, to: SAME, ttl: LONGEST_TTL, payload: 'x'.repeat(60) }
    run(make === tcp ? tcp({ ...words, flags: 'S' }) : udp(words), 1)
    return median(Array.from({ length: TRIES }, () => run(make(words as never), REPEATS).durationNs))
  })
  const stranger = tcp({ from: `${CLIENT}:5000`, to: '9.9.9.9:80', flags: 'A' })
  const nothing =
    median(Array.from({ length: SYNS }, () => run(stranger, 1).durationNs)) - run(stranger, 100_000).durationNs
  const syns = Array.from({ length: SYNS }, (_, i) =>
    run(tcp({ from: `${CLIENT}:${6000 + i}`, to: OTHER, flags: 'S' }), 1),
  )
  if (syns.some(({ verdict }) => verdict === 0)) throw new Error('a SYN was not carried')
  const bytes = [kernel.connections, ...Object.values(kernel.memory)].reduce(
    (sum, { byteLength }) => sum + byteLength,
    0,
  )
  return {
    services,
    servers,
    connections,
    established: segment,
    datagram,
    syn: Math.max(0, median(syns.map(({ durationNs }) => durationNs)) - nothing),
    bytesPerConnection: bytes / CAPACITY,
  }
}

const SIZES: [number, number, number][] = [
  [1, 2, 1000],
  [100, 2, 1000],
  [10_000, 2, 1000],
  [1, 1000, 1000],
  [1, 2, 100_000],
  [1, 2, 1_000_000],
]

console.log(JSON.stringify(SIZES.map((size) => measure(...size))))
