/** Real servers that answer past the director: gate (direct routing), and tunnels of every kind. */
import { type Built, type IcmpError, icmpError, other, tcp, udp } from '../build.js'
import { answers, command, drops, forwards, type GoldenCase, golden, toHost } from '../golden.js'
import { internetChecksum } from '../naive.js'
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

const greSummed: Kind = {
  words: '-i --tun-type gre --tun-csum',
  overhead: 8,
  around: (inner, from, to, ip) => {
    const body = join([0x80, 0], etherType(inner), [0, 0, 0, 0], inner.bytes)
    const sum = internetChecksum(body)
    return other({ from, to, payload: join(body.subarray(0, 4), [sum >>> 8, sum & 0xff], body.subarray(6)), ...ip }, 47)
  },
}

const kinds = [ipip, gre, greSummed]

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

type ErrorKind = Pick<IcmpError, 'type' | 'code' | 'rest'>

const narrow = (w: World, mtu: number): ErrorKind =>
  w.family === 4 ? { type: 3, code: 4, rest: mtu } : { type: 2, rest: mtu }
const hostUnreachable = (w: World): ErrorKind => (w.family === 4 ? { type: 3, code: 1 } : { type: 1, code: 3 })
const timeExceeded = (w: World): ErrorKind => ({ type: w.family === 4 ? 11 : 3 })

/** A router behind the director says something about a packet of the tunnel; the VIP says it to the client. */
const tunnelErrors = (w: World, outer: World, { words, around, overhead }: Kind): GoldenCase => {
  const inner = udp({ ...way(w), ttl: 63, dontFragment: w.family === 4, payload: 'x'.repeat(600) })
  const ip = { ttl: 62, dontFragment: w.family === 4 && outer.family === 4 }
  const about = around(inner, bare(outer.director), bare(outer.web1), ip)
  const room = ipLength(outer) + overhead
  const from = { from: outer.router, to: bare(outer.director) }
  const told = {
    from: bare(w.vip),
    to: bare(w.client),
    about: inner,
    ...(w.family === 4 && { tos: 0xc0, dontFragment: true }),
  }
  const quote = Math.min(inner.bytes.length, w.family === 4 ? 548 : 1232)
  const tells = (heard: ErrorKind, said: ErrorKind) =>
    forwards(icmpError({ ...heard, ...from, about }), icmpError({ ...said, ...told, quote }))
  const elsewhere = around(inner, bare(outer.director), bare(outer.web2), ip)
  return golden(
    `${w.name} in ${outer.name}: errors about the tunnel reach the client (${words})`,
    service(w, outer.web1(80), words),
    [
      forwards(
        udp({ ...way(w), dontFragment: w.family === 4 }),
        around(udp({ ...way(w), dontFragment: w.family === 4, ttl: 63 }), bare(outer.director), bare(outer.web1), {
          ...ip,
          ttl: 63,
        }),
      ),
      tells(narrow(outer, 1400), narrow(w, 1400 - room)),
      tells(hostUnreachable(outer), hostUnreachable(w)),
      ...(w === outer
        ? [tells(timeExceeded(w), timeExceeded(w))]
        : [toHost(icmpError({ ...timeExceeded(outer), ...from, about }))]),
      toHost(icmpError({ ...narrow(outer, 1400), ...from, about: elsewhere })),
      toHost(icmpError({ ...narrow(outer, 1400), ...from, about, checksum: 'wrong' })),
      // A router that quotes no more than it must does not say whose packet it was.
      toHost(icmpError({ ...narrow(outer, 1400), ...from, about, quote: ipLength(outer) + 8 })),
    ],
  )
}

/** A router says to the VIP that an answer was too big: the real server sent it, and is told as the client's packets are. */
const answerErrors = (w: World, words: string, around: (inner: Built) => Built): GoldenCase => {
  const about = udp({ from: w.vip(80), to: w.client(5000), payload: 'x'.repeat(100) })
  const error = { ...narrow(w, 1300), from: w.router, to: bare(w.vip), about }
  return golden(
    `${w.name}: an error about an answer goes to the real server as it is (${words})`,
    service(w, w.web1(80), words),
    [
      forwards(udp(way(w)), around(udp({ ...way(w), ttl: 63 }))),
      forwards(icmpError(error), around(icmpError({ ...error, ttl: 63 }))),
      toHost(icmpError({ ...error, about: udp({ from: w.vip(80), to: w.client(5001) }) })),
    ],
    { inPackets: 2, outPackets: 0 },
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
    answerErrors(w, '-g', (packet) => packet),
    answerErrors(w, '-i', (packet) => ipip.around(packet, bare(w.director), bare(w.web1), { ttl: 63 })),
  ]),
  ...pairs.flatMap(([w, outer]) => [
    ...kinds.map((kind) => tunnelled(w, outer, kind)),
    ...kinds.map((kind) => tunnelErrors(w, outer, kind)),
    ...kinds.map(({ words, overhead }) => tooBig(w, words, outer.web1(80), MTU - ipLength(outer) - overhead)),
  ]),
]
