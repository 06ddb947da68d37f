/** Real servers that answer past the director: gate (direct routing), and tunnels of every kind. */
import { type Built, icmpError, other, tcp, udp } from '../build.js'
import { answers, command, drops, forwards, type GoldenCase, golden, toHost } from '../golden.js'
import { bare, bothFamilies, v4, v6, type World } from '../world.js'

const MTU = 1500

const service = (w: World, server: string, words: string, kind = '-u'): string[] => [
  `ipvsadm -A ${kind} ${w.vip(80)} -s rr`,
  `ipvsadm -a ${kind} ${w.vip(80)} -r ${server} ${words}`,
]

/** The rule that translates in masq must not in gate and tunnel. */
const rule = (w: World): string =>
  `${w.iptables} -t nat -A POSTROUTING -m ipvs --ipvs -j SNAT --to-source ${bare(w.director)}`

const way = (w: World) => ({ from: w.client(5000), to: w.vip(80) })

const gateLife = (w: World): GoldenCase => {
  const header = w.family === 4 ? 40 : 60
  const forward = (flags: string) => forwards(tcp({ ...way(w), flags }), tcp({ ...way(w), ttl: 63, flags }))
  return golden(
    `${w.name}: gate sends the client's packets on as they are, less one hop`,
    [...service(w, w.web1(8080), '-g', '-t'), rule(w)],
    [
      forward('S'),
      forward('A'),
      forward('PA'),
      // By the states of one who sees requests alone, a FIN makes FIN_WAIT; after a reset the next SYN opens anew.
      forward('FA'),
      forward('R'),
      forward('S'),
      toHost(tcp({ from: w.vip(80), to: w.client(5000), flags: 'SA' })),
    ],
    { connections: 1, active: 1, inactive: 0, inPackets: 6, inBytes: 6 * header, outPackets: 0, rulePackets: 0 },
  )
}

const gateForms = (w: World): GoldenCase =>
  golden(
    `${w.name}: gate completes the checksums that were left to a device, and keeps others`,
    service(w, w.web1(80), '-g'),
    [
      forwards(udp({ ...way(w), checksum: 'partial', payload: 'odd' }), udp({ ...way(w), ttl: 63, payload: 'odd' })),
      forwards(udp({ ...way(w), checksum: 'wrong' }), udp({ ...way(w), ttl: 63, checksum: 'wrong' })),
      ...(w.family === 4
        ? [forwards(udp({ ...way(w), checksum: 'none' }), udp({ ...way(w), ttl: 63, checksum: 'none' }))]
        : []),
    ],
  )

const local = (w: World, words: string): GoldenCase =>
  golden(
    `${w.name}: a real server that is the director itself gets what is for it as it came (${words})`,
    service(w, w.director(80), words),
    [toHost(udp({ ...way(w), checksum: 'partial' }))],
    { connections: 1, inactive: 1, inPackets: 1 },
  )

const removed = (w: World): GoldenCase =>
  golden(
    `${w.name}: the connections of a removed real server by gate wait for it`,
    service(w, w.web1(80), '-g', '-t'),
    [
      forwards(tcp({ ...way(w), flags: 'S' }), tcp({ ...way(w), ttl: 63, flags: 'S' })),
      command(`ipvsadm -d -t ${w.vip(80)} -r ${w.web1(80)}`),
      drops(tcp({ ...way(w), flags: 'A' }), 'destinationRemoved'),
      command(`ipvsadm -a -t ${w.vip(80)} -r ${w.web1(80)} -g`),
      forwards(tcp({ ...way(w), flags: 'A' }), tcp({ ...way(w), ttl: 63, flags: 'A' })),
    ],
  )

/** A packet of `length` bytes that must not be cut. */
const long = (w: World, length: number): Built =>
  udp({ ...way(w), dontFragment: true, payload: new Uint8Array(length - (w.family === 4 ? 28 : 48)) })

const tooBig = (w: World, words: string, server: string, mtu: number): GoldenCase => {
  const about = long(w, mtu + 1)
  const error = { from: bare(w.vip), to: bare(w.client), about, rest: mtu }
  const answer =
    w.family === 4
      ? icmpError({ ...error, type: 3, code: 4, tos: 0xc0, dontFragment: true, quote: 548 })
      : icmpError({ ...error, type: 2, quote: 1232 })
  return golden(
    `${w.name}: what is longer than the way takes is refused with what fits (${words} ${server})`,
    service(w, server, words),
    [answers(about, answer, 'tooBig')],
    { connections: 1, inPackets: 1 },
  )
}

/** One kind of tunnel: ipvsadm's words, and what is around the inner packet. */
interface Kind {
  words: string
  overhead: number
  around: (inner: Built, from: string, to: string, ip: object) => Built
}

const protocolOf = (inner: Built): number => (inner.bytes[0] >>> 4 === 4 ? 4 : 41)
const etherType = (inner: Built): number[] => (inner.bytes[0] >>> 4 === 4 ? [0x08, 0x00] : [0x86, 0xdd])
/** The source port that the flow of `way` gets; the same in both families only by its formula. */
const join = (...parts: (number[] | Uint8Array)[]): Uint8Array => Uint8Array.from(parts.flatMap((part) => [...part]))

const ipip: Kind = {
  words: '-i',
  overhead: 0,
  around: (inner, from, to, ip) => other({ from, to, payload: inner.bytes, ...ip }, protocolOf(inner)),
}

const gre: Kind = {
  words: '-i --tun-type gre',
  overhead: 4,
  around: (inner, from, to, ip) => other({ from, to, payload: join([0, 0], etherType(inner), inner.bytes), ...ip }, 47),
}

const kinds = [ipip, gre]

const tunnelled = (w: World, outer: World, { words, around }: Kind): GoldenCase => {
  const carried = (sent: object, inner: object, ip: object) =>
    forwards(
      udp({ ...way(w), payload: 'ping', ...sent }),
      around(udp({ ...way(w), payload: 'ping', ttl: 63, ...inner }), bare(outer.director), bare(outer.web1), {
        ttl: 63,
        ...ip,
      }),
    )
  const v4only =
    w.family === 4
      ? [carried({ dontFragment: true }, { dontFragment: true }, { dontFragment: outer.family === 4 })]
      : []
  return golden(
    `${w.name} in ${outer.name}: ${words}`,
    [...service(w, outer.web1(80), words), rule(w)],
    [
      carried({}, {}, {}),
      carried({ checksum: 'partial' }, {}, {}),
      carried({ tos: 0xb8 }, { tos: 0xb8 }, { tos: 0xb8 }),
      // Congestion experienced goes outside as "capable of it" (RFC 3168 9.1.1).
      carried({ tos: 3 }, { tos: 3 }, { tos: 2 }),
      ...v4only,
    ],
    { connections: 1, inactive: 1, rulePackets: 0 },
  )
}

const pairs: [World, World][] = [
  [v4, v4],
  [v4, v6],
  [v6, v4],
  [v6, v6],
]
const ipLength = (w: World): number => (w.family === 4 ? 20 : 40)

export const direct: GoldenCase[] = [
  ...bothFamilies((w) => [
    gateLife(w),
    gateForms(w),
    local(w, '-g'),
    local(w, '-i'),
    removed(w),
    tooBig(w, '-g', w.web1(80), MTU),
  ]),
  ...pairs.flatMap(([w, outer]) => [
    ...kinds.map((kind) => tunnelled(w, outer, kind)),
    ...kinds.map(({ words, overhead }) => tooBig(w, words, outer.web1(80), MTU - ipLength(outer) - overhead)),
  ]),
]
