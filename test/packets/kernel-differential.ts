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

const HISTORIES = 240
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

/** And options of the service. */
const SCHEDULERS = [
  'rr',
  'wrr',
  'sh',
  'mh',
  'rr -p 60',
  'wrr -p 60 -M 255.255.255.254',
  'sh -b sh-port',
  'mh -b mh-port',
]
/** IPv6 masks are lengths. */
const schedulerOf = (seed: number, tables: string): string => {
  const scheduler = SCHEDULERS[seed % SCHEDULERS.length]
  return tables === 'iptables' ? scheduler : scheduler.replace('255.255.255.254', '127')
}

/** A pool of its own, one with the few ports that clients have, one of four ports; no rule at all. */
const RANGES = ['', ':5000-5002', ':40000-40003', null, '-192.0.2.13']

/** Some real servers are reached directly. */
const methodOf = (seed: number, i: number): string => (seed % 7 === 6 && i === 0 ? '80 -g' : '8080 -m')

/** History `seed`'s configuration. */
const commands = (seed: number): string[] =>
  FAMILIES.flatMap(({ vip, servers, snat: source, tables }) => [
    ...['-t', '-u'].flatMap((kind) => [
      `ipvsadm -A ${kind} ${vip}:80 -s ${schedulerOf(seed, tables)}`,
      ...servers.map((server, i) => `ipvsadm -a ${kind} ${vip}:80 -r ${server}:${methodOf(seed, i)} -w ${i + 1}`),
    ]),
    ...ruleOf(tables, source, RANGES[(seed >> 3) % RANGES.length]),
  ])

function ruleOf(tables: string, source: string, range: string | null): string[] {
  if (range === null) return []
  if (range.startsWith('-') && tables === 'ip6tables') return []
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

/** From where to where a packet goes, its protocol, and TCP's sequence number. */
function endsOf({ bytes }: Built): { from: string; to: string; name: string; sequence: number } {
  const v4 = bytes[0] >>> 4 === 4
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  const transport = v4 ? (bytes[0] & 15) * 4 : 40
  const address = (at: number): string =>
    v4
      ? [...bytes.subarray(at, at + 4)].join('.')
      : `[${Array.from({ length: 8 }, (_, i) => view.getUint16(at + 2 * i).toString(16))
          .join(':')
          .replace(/(:0)+:/, '::')}]`
  const name = { 6: 'tcp', 17: 'udp' }[bytes[v4 ? 9 : 6]] ?? ''
  const from = `${address(v4 ? 12 : 8)}:${view.getUint16(transport)}`
  return {
    from,
    to: `${address(v4 ? 16 : 24)}:${view.getUint16(transport + 2)}`,
    name,
    sequence: view.getUint32(transport + 4),
  }
}

type Exchange = (packet: Built) => Built | null

/** A client that asks, both sides that close in good order; sometimes it breaks off. */
function converse(random: (below: number) => number, exchange: Exchange): void {
  const { vip, clients } = FAMILIES[random(2)]
  const client = `${clients[random(2)]}:${5000 + random(40)}`
  const [x, y, stamp] = [random(0x1_0000_0000), random(0x1_0000_0000), random(0x1_0000_0000)]
  const word = (value: number) => [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255]
  const tcpOptions = [1, 1, 8, 10, ...word(stamp), ...word(random(1000))]
  const asks = (flags: string, sequence: number, acknowledgement: number): Built | null =>
    exchange(
      tcp({
        from: client,
        to: `${vip}:80`,
        flags,
        sequence: sequence >>> 0,
        acknowledgement: acknowledgement >>> 0,
        tcpOptions,
      }),
    )
  const out = asks('S', x, 0)
  if (out === null || endsOf(out).name !== 'tcp') return
  const { from, to, sequence } = endsOf(out)
  const answers = (flags: string, number: number, acknowledgement: number): Built | null =>
    exchange(
      tcp({ from: to, to: from, flags, sequence: number >>> 0, acknowledgement: acknowledgement >>> 0, tcpOptions }),
    )
  const steps = [
    () => answers('SA', y, sequence + 1),
    () => asks('A', x + 1, y + 1),
    () => asks('FA', x + 1, y + 1),
    () => answers('A', y + 1, sequence + 2),
    () => answers('FA', y + 1, sequence + 2),
    () => asks('A', x + 2, y + 2),
  ]
  for (const step of steps) if (random(20) === 0 || step() === null) return
}

const kernel = openKernel()
const differences: string[] = []
let [carried, early] = [0, 0]
for (let seed = 1; seed <= HISTORIES; seed++) {
  const random = randomOf(seed)
  const table = compile(commands(seed).reduce(changed, emptyState()), routes)
  const [alone, beside] = [new EnginePath(), new KernelPath(kernel)]
  const seen = new Map<string, string>()
  for (const path of [alone, beside]) path.install(table)
  const exchange = (packet: Built): Built | null => {
    const [expected, actual] = [alone, beside].map((path) => path.handle({ ...packet, bytes: packet.bytes.slice() }))
    if (!isDeepStrictEqual(actual, expected))
      differences.push(`history ${seed}: ${JSON.stringify({ packet, expected, actual })}`)
    return expected.out
  }
  for (let i = 0; i < PACKETS; i++) {
    if (seed % 3 === 0) converse(random, exchange)
    const out = exchange(packetOf(random, seen))
    if (out !== null) {
      const { name, from, to } = endsOf(out)
      seen.set(`${name} ${to}`, from)
    }
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
  early += beside.early
}
console.log(JSON.stringify({ histories: HISTORIES, carried, early, differences: differences.slice(0, 5) }))
