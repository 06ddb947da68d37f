/** Source ports: kept, shared, changed by netfilter's classes, taken from a range, run dry. */
import { tcp } from '../build.js'
import { drops, forwards, forwardsFrom, type GoldenCase, golden, type Span, type Step, wait } from '../golden.js'
import { bare, bothFamilies, masq, poolRule, snat, snatRule, type World } from '../world.js'

type At = (port: number) => string

/** A first segment from `client`, and how web1 must see it. */
const keeps = (w: World, client: At, port: number, web: At = w.web1): Step =>
  forwards(
    tcp({ from: client(port), to: w.vip(80), flags: 'S' }),
    tcp({ from: w.director(port), to: web(80), ttl: 63, flags: 'S' }),
  )

const changes = (w: World, client: At, port: number, to: Span): Step =>
  forwardsFrom(to, tcp({ from: client(port), to: w.vip(80), flags: 'S' }), (chosen) =>
    tcp({ from: w.director(chosen[chosen.length - 1]), to: w.web1(80), ttl: 63, flags: 'S' }),
  )

/** web1's answer to a port, and the client that gets it. */
const comesBack = (w: World, port: (chosen: readonly number[]) => number, client: At, clientPort: number): Step =>
  forwards(
    (chosen) => tcp({ from: w.web1(80), to: w.director(port(chosen)), flags: 'SA' }),
    tcp({ from: w.vip(80), to: client(clientPort), ttl: 63, flags: 'SA' }),
  )

const sameServer = (w: World): GoldenCase =>
  golden(
    `${w.name}: two clients with one port at the same server: the second gets another port`,
    snat(w),
    [
      keeps(w, w.client, 5000),
      changes(w, w.other, 5000, { from: 1024, to: 65_535 }),
      comesBack(w, () => 5000, w.client, 5000),
      comesBack(w, ([second]) => second, w.other, 5000),
    ],
    { connections: 2 },
  )

const twoServers = (w: World): GoldenCase =>
  golden(
    `${w.name}: two clients with one port at different servers both keep it`,
    [...snat(w), `ipvsadm -a -t ${w.vip(80)} -r ${w.web2(80)} -m`],
    [
      keeps(w, w.client, 5000, w.web2),
      keeps(w, w.other, 5000),
      comesBack(w, () => 5000, w.other, 5000),
      forwards(
        tcp({ from: w.web2(80), to: w.director(5000), flags: 'SA' }),
        tcp({ from: w.vip(80), to: w.client(5000), ttl: 63, flags: 'SA' }),
      ),
    ],
  )

/** netfilter's classes: under 512, 600 to 1023, and the rest (nf_nat_core.c, nf_nat_l4proto_unique_tuple). */
const classes = (w: World): GoldenCase[] =>
  [
    { port: 101, to: { from: 1, to: 511 } },
    { port: 513, to: { from: 600, to: 1023 } },
    { port: 1000, to: { from: 600, to: 1023 } },
    { port: 1024, to: { from: 1024, to: 65_535 } },
  ].map(({ port, to }) =>
    golden(`${w.name}: port ${port}, taken, becomes one of ${to.from} to ${to.to}`, snat(w), [
      keeps(w, w.client, port),
      changes(w, w.other, port, to),
    ]),
  )

const range = (w: World): GoldenCase =>
  golden(
    `${w.name}: a port outside the rule's range moves in, one inside stays`,
    [...masq(w), poolRule(w, '40000-40009')],
    [
      changes(w, w.client, 5000, { from: 40_000, to: 40_009 }),
      keeps(w, w.client, 40_009),
      comesBack(w, ([first]) => first, w.client, 5000),
    ],
  )

const dry = (w: World): GoldenCase => {
  const span = { from: 40_000, to: 40_001 }
  const third = tcp({ from: w.other(7000), to: w.vip(80), flags: 'S' })
  return golden(
    `${w.name}: when the pool is dry the packet is dropped, until a connection ends`,
    [...masq(w), poolRule(w, '40000-40001')],
    [
      changes(w, w.client, 5000, span),
      changes(w, w.client, 5001, span),
      drops(third, 'poolDry'),
      drops(third, 'poolDry'),
      forwards(
        ([first]) => tcp({ from: w.web1(80), to: w.director(first), flags: 'RA' }),
        tcp({ from: w.vip(80), to: w.client(5000), ttl: 63, flags: 'RA' }),
      ),
      drops(third, 'poolDry'),
      wait(12_000),
      changes(w, w.other, 7000, span),
    ],
    { connections: 2 },
  )
}

const singlePort = (w: World): GoldenCase =>
  golden(
    `${w.name}: a pool of one port serves one client for each server`,
    [...masq(w), poolRule(w, '40000'), `ipvsadm -a -t ${w.vip(80)} -r ${w.web2(80)} -m`],
    [
      forwards(
        tcp({ from: w.client(5000), to: w.vip(80), flags: 'S' }),
        tcp({ from: w.director(40_000), to: w.web2(80), ttl: 63, flags: 'S' }),
      ),
      forwards(
        tcp({ from: w.client(5001), to: w.vip(80), flags: 'S' }),
        tcp({ from: w.director(40_000), to: w.web1(80), ttl: 63, flags: 'S' }),
      ),
      drops(tcp({ from: w.client(5002), to: w.vip(80), flags: 'S' }), 'poolDry'),
    ],
  )

const random = (w: World): GoldenCase =>
  golden(
    `${w.name}: --random does not look at the client's port`,
    [...masq(w), `${poolRule(w, '40000-40099')} --random`],
    [changes(w, w.client, 40_050, { from: 40_000, to: 40_099 })],
  )

/** The first client keeps its own source; the rule then gives the second one the first one's address. */
const clientInPool = (w: World): GoldenCase =>
  golden(
    `${w.name}: a connection that keeps its source is never met by one from a pool of that address`,
    [...masq(w), `${w.iptables} -t nat -A POSTROUTING -s ${bare(w.client)} -j ACCEPT`, snatRule(w, bare(w.client))],
    [
      forwards(
        tcp({ from: w.client(5000), to: w.vip(80), flags: 'S' }),
        tcp({ from: w.client(5000), to: w.web1(80), ttl: 63, flags: 'S' }),
      ),
      forwardsFrom({ from: 1024, to: 65_535 }, tcp({ from: w.other(5000), to: w.vip(80), flags: 'S' }), ([port]) =>
        tcp({ from: w.client(port), to: w.web1(80), ttl: 63, flags: 'S' }),
      ),
      forwards(
        tcp({ from: w.web1(80), to: w.client(5000), flags: 'SA' }),
        tcp({ from: w.vip(80), to: w.client(5000), ttl: 63, flags: 'SA' }),
      ),
      forwards(
        ([port]) => tcp({ from: w.web1(80), to: w.client(port), flags: 'SA' }),
        tcp({ from: w.vip(80), to: w.other(5000), ttl: 63, flags: 'SA' }),
      ),
    ],
  )

const bytesOf = (word: number): number[] => [word >>> 24, (word >>> 16) & 255, (word >>> 8) & 255, word & 255]
/** MSS, SACK permitted, window scale and timestamps, as a SYN has them; and what an ordinary segment has. */
const synOptions = (value: number, echo: number): number[] => [
  2,
  4,
  5,
  180,
  4,
  2,
  8,
  10,
  ...bytesOf(value),
  ...bytesOf(echo),
  1,
  3,
  3,
  7,
]
const stamps = (value: number, echo: number): number[] => [1, 1, 8, 10, ...bytesOf(value), ...bytesOf(echo)]

/**
 * The server's TIME_WAIT still has the tuple, from 1000 and 70000 up to 1002 and 70009: what the next client sends from 500
 * and 9 on must begin behind that (src/engine/repair.ts), and come back to it as its own.
 */
const takenEarly = (w: World): GoldenCase => {
  const client = { from: w.client(5000), to: w.vip(80) }
  const clientOut = { from: w.director(40_000), to: w.web1(80), ttl: 63 }
  const web = { from: w.web1(80), to: w.director(40_000) }
  const webOut = { from: w.vip(80), to: w.client(5000), ttl: 63 }
  const passes = (words: object, request: boolean): Step =>
    request
      ? forwards(tcp({ ...client, ...words }), tcp({ ...clientOut, ...words }))
      : forwards(tcp({ ...web, ...words }), tcp({ ...webOut, ...words }))
  const other = { from: w.other(7000), to: w.vip(80) }
  const otherOut = { ...webOut, to: w.other(7000) }
  const [sequence, stamp] = [1002 + 0x2_0000 + 500, 70_010]
  const syn = (first: number, value: number) => ({ flags: 'S', sequence: first, tcpOptions: synOptions(value, 0) })
  const answer = (next: number, echo: number) => ({
    flags: 'SA',
    sequence: 7000,
    acknowledgement: next,
    tcpOptions: synOptions(333, echo),
  })
  const data = (next: number, value: number) => ({
    flags: 'PA',
    sequence: next,
    acknowledgement: 7001,
    tcpOptions: stamps(value, 333),
    payload: 'GET /',
  })
  const hole = (from: number, echo: number) => ({
    flags: 'A',
    sequence: 7001,
    acknowledgement: from,
    tcpOptions: [...stamps(334, echo), 1, 1, 5, 10, ...bytesOf(from + 10), ...bytesOf(from + 20)],
  })
  return golden(
    `${w.name}: a port taken from a connection in TIME_WAIT: what the server sees rises`,
    [...masq(w), poolRule(w, '40000-40000')],
    [
      passes(syn(1000, 70_000), true),
      passes(answer(1001, 70_000), false),
      passes({ flags: 'FA', sequence: 7001, acknowledgement: 1001, tcpOptions: stamps(333, 70_000) }, false),
      passes({ flags: 'FA', sequence: 1001, acknowledgement: 7002, tcpOptions: stamps(70_009, 333) }, true),
      drops(tcp({ ...other, ...syn(500, 9) }), 'poolDry'),
      passes({ flags: 'A', sequence: 7002, acknowledgement: 1002, tcpOptions: stamps(333, 70_009) }, false),
      forwards(tcp({ ...other, ...syn(500, 9) }), tcp({ ...clientOut, ...syn(sequence, stamp) })),
      forwards(tcp({ ...other, ...syn(500, 12) }), tcp({ ...clientOut, ...syn(sequence, stamp + 3) })),
      forwards(tcp({ ...web, ...answer(sequence + 1, stamp) }), tcp({ ...otherOut, ...answer(501, 9) })),
      forwards(tcp({ ...other, ...data(501, 20) }), tcp({ ...clientOut, ...data(sequence + 1, stamp + 11) })),
      forwards(tcp({ ...web, ...hole(sequence + 6, stamp + 11) }), tcp({ ...otherOut, ...hole(506, 20) })),
      ...(['right', 'partial'] as const).map((checksum) =>
        forwards(
          tcp({ ...other, ...data(600, 30), checksum }),
          tcp({ ...clientOut, ...data(sequence + 100, stamp + 21), checksum }),
        ),
      ),
    ],
    { connections: 1, active: 1 },
  )
}

export const ports = bothFamilies((w) => [
  sameServer(w),
  twoServers(w),
  ...classes(w),
  range(w),
  dry(w),
  takenEarly(w),
  singlePort(w),
  random(w),
  clientInPool(w),
])
