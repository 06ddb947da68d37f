/**
 * Run by kernel-golden.test.ts inside a network namespace: random histories through the engine alone and through the
 * program in the kernel with the engine behind it. Every packet out, every state and every counter must be the same.
 * JSON to stdout.
 */
import { isDeepStrictEqual } from 'node:util'
import { compile } from '../../src/compile/compile.js'
import { emptyState } from '../../src/model/state.js'
import { type Built, type Tcp, tcp, udp } from './build.js'
import { EnginePath } from './engine-path.js'
import { routes } from './golden-run.js'
import { KernelPath, openKernel } from './kernel-path.js'
import { changed } from './state.js'

const HISTORIES = 150
const PACKETS = 60
/** The kernel's clock goes on while the engine's stands. */
const TICKS_APART_MS = 100

const FAMILIES = [
  {
    vip: '198.51.100.45',
    servers: ['203.0.113.1', '203.0.113.2'],
    snat: '192.0.2.10',
    clients: ['192.0.2.100', '192.0.2.101'],
    tables: 'iptables',
  },
  {
    vip: '[2001:db8:1::45]',
    servers: ['[2001:db8:2::1]', '[2001:db8:2::2]'],
    snat: '2001:db8::10',
    clients: ['[2001:db8::100]', '[2001:db8::101]'],
    tables: 'ip6tables',
  },
]
const FLAGS = ['S', 'S', 'S', 'SA', 'A', 'A', 'A', 'A', 'A', 'PA', 'PA', 'PA', 'FA', 'R', '']

/** Numerical Recipes' generator. */
function randomOf(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 0x1_0000_0000) * below)
  }
}

const SCHEDULERS = ['rr', 'wrr', 'sh', 'rr']
/** A pool of its own, one with the few ports that clients have, one of four ports; no rule at all. */
const RANGES = ['', ':5000-5002', ':40000-40003', null]

/** History `seed`'s configuration. */
const commands = (seed: number): string[] =>
  FAMILIES.flatMap(({ vip, servers, snat: source, tables }) => [
    ...['-t', '-u'].flatMap((kind) => [
      `ipvsadm -A ${kind} ${vip}:80 -s ${SCHEDULERS[seed % 4]}`,
      ...servers.map((server, i) => `ipvsadm -a ${kind} ${vip}:80 -r ${server}:8080 -m -w ${i + 1}`),
    ]),
    ...ruleOf(tables, source, RANGES[(seed >> 2) % 4]),
  ])

function ruleOf(tables: string, source: string, range: string | null): string[] {
  if (range === null) return []
  const to = range !== '' && tables === 'ip6tables' ? `[${source}]` : source
  return ['tcp', 'udp'].map((one) => `${tables} -t nat -A POSTROUTING -p ${one} -j SNAT --to-source ${to}${range}`)
}

/** Numbers of a conversation that goes back and forth; timestamps and SACK blocks, also at odd places. */
function numbersOf(random: (below: number) => number): Pick<Tcp, 'sequence' | 'acknowledgement' | 'tcpOptions'> {
  const word = (base: number): number => (base + random(2000)) >>> 0
  const bytes = (value: number): number[] => [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255]
  const stamps = [8, 10, ...bytes(word(0xffff_fc00)), ...bytes(word(77_000))]
  const sack = [5, 18, ...bytes(word(500)), ...bytes(word(600)), ...bytes(word(700)), ...bytes(word(900))]
  const options = [[], [1, 1, ...stamps], [1, ...stamps], [...stamps, ...sack], [1, 1, ...stamps, 0]][random(5)]
  return { sequence: word(0xffff_ff00), acknowledgement: word(0), tcpOptions: options }
}

/** A packet of a client, or of a server to whatever source the last request to it had. */
function packetOf(random: (below: number) => number, seen: Map<string, string>): Built {
  const family = FAMILIES[random(2)]
  const make = random(3) === 0 ? udp : tcp
  const flags = FLAGS[random(FLAGS.length)]
  const payload = 'x'.repeat(random(40))
  const ttl = [64, 64, 64, 2, 1][random(5)]
  const words = make === tcp ? { flags, payload, ttl, ...numbersOf(random) } : { payload, ttl }
  const server = `${family.servers[random(2)]}:8080`
  const source = seen.get(`${make.name} ${server}`)
  if (random(2) === 0 && source) return make({ from: server, to: source, ...words } as never)
  return make({ from: `${family.clients[random(2)]}:${5000 + random(3)}`, to: `${family.vip}:80`, ...words } as never)
}

/** Where a request went and from where it came, as `packetOf` remembers it. */
function note(out: Built | null, seen: Map<string, string>): void {
  if (out === null) return
  const v4 = out.bytes[0] >>> 4 === 4
  const view = new DataView(out.bytes.buffer, out.bytes.byteOffset)
  const at = v4 ? (out.bytes[0] & 15) * 4 : 40
  const address = (from: number): string =>
    v4
      ? [...out.bytes.subarray(from, from + 4)].join('.')
      : `[${Array.from({ length: 8 }, (_, i) => view.getUint16(from + 2 * i).toString(16))
          .join(':')
          .replace(/(:0)+:/, '::')}]`
  const protocol = out.bytes[v4 ? 9 : 6]
  if (protocol !== 6 && protocol !== 17) return
  const to = `${address(v4 ? 16 : 24)}:${view.getUint16(at + 2)}`
  seen.set(`${protocol === 6 ? 'tcp' : 'udp'} ${to}`, `${address(v4 ? 12 : 8)}:${view.getUint16(at)}`)
}

const kernel = openKernel()
const differences: string[] = []
let carried = 0
for (let seed = 1; seed <= HISTORIES; seed++) {
  const random = randomOf(seed)
  const table = compile(commands(seed).reduce(changed, emptyState()), routes)
  const [alone, beside] = [new EnginePath(), new KernelPath(kernel)]
  const seen = new Map<string, string>()
  for (const path of [alone, beside]) path.install(table)
  for (let i = 0; i < PACKETS; i++) {
    const packet = packetOf(random, seen)
    const [expected, actual] = [alone, beside].map((path) => path.handle({ ...packet, bytes: packet.bytes.slice() }))
    if (!isDeepStrictEqual(actual, expected))
      differences.push(`history ${seed}, packet ${i}: ${JSON.stringify({ packet, expected, actual })}`)
    note(expected.out, seen)
    const pauseMs = random(10) === 0 ? random(random(4) === 0 ? 130_000 : 3000) : 0
    for (const path of [alone, beside]) path.wait(pauseMs)
  }
  for (const path of [alone, beside]) path.wait(4000)
  const [expected, actual] = [alone.books(), beside.books()]
  actual.connections.forEach((view, i) => {
    const other = expected.connections[i]?.expiresMs ?? 0
    if (Math.abs(view.expiresMs - other) <= TICKS_APART_MS) view.expiresMs = other
  })
  for (const part of ['connections', 'services'] as const)
    expected[part].forEach((one, i) => {
      const other = actual[part][i]
      if (!isDeepStrictEqual(other, one))
        differences.push(`history ${seed}: ${JSON.stringify(one)}, not ${JSON.stringify(other)}`)
    })
  carried += beside.carried
}
console.log(JSON.stringify({ histories: HISTORIES, carried, differences: differences.slice(0, 5) }))
