/** What settings of net.ipv4.vs, SCTP's states and one-packet scheduling make of packets. */
import { icmpError, sctp, tcp, udp } from '../build.js'
import { answers, command, drops, forwards, type GoldenCase, golden, type Step, toHost, wait } from '../golden.js'
import { bare, bothFamilies, masq, poolRule, snat, type World } from '../world.js'

const set = (setting: string): Step => command(`fullnat set net.ipv4.vs.${setting}`)

/** A segment of the client, and how web1 must see it. */
const passes = (w: World, flags: string, from = w.director(5000), port = 5000): Step =>
  forwards(tcp({ from: w.client(port), to: w.vip(80), flags }), tcp({ from, to: w.web1(80), ttl: 63, flags }))

/** What belongs to nothing is reset. */
const isReset = (w: World, sequence: number): Step =>
  answers(
    tcp({ from: w.client(5000), to: w.vip(80), flags: 'A', acknowledgement: sequence }),
    tcp({ from: w.vip(80), to: w.client(5000), flags: 'R', sequence, window: 0, dontFragment: true }),
    'untracked',
  )

const removed = (w: World, setting: string, then: Step): Step[] => [
  set(setting),
  passes(w, 'S'),
  command(`ipvsadm -d -t ${w.vip(80)} -r ${w.web1(80)}`),
  wait(1000),
  then,
]

const ofTheRemoved = (w: World): GoldenCase[] => [
  golden(
    `${w.name}: expire_nodest_conn 0: packets for a removed real server are dropped`,
    snat(w),
    removed(
      w,
      'expire_nodest_conn=0',
      drops(tcp({ from: w.client(5000), to: w.vip(80), flags: 'A' }), 'destinationRemoved'),
    ),
    { connections: 1 },
  ),
  golden(
    `${w.name}: expire_nodest_conn 1: its connections have ended`,
    snat(w),
    removed(w, 'expire_nodest_conn=1', isReset(w, 7)),
    { connections: 0 },
  ),
]

const sloppy = (w: World): GoldenCase =>
  golden(
    `${w.name}: sloppy_tcp lets a connection begin in its middle`,
    snat(w),
    [isReset(w, 9), set('sloppy_tcp=1'), passes(w, 'PA')],
    { connections: 1, active: 1 },
  )

const untranslated = (w: World): GoldenCase =>
  golden(
    `${w.name}: conntrack 0: the real server sees the client`,
    snat(w),
    [set('conntrack=0'), passes(w, 'S', w.client(5000))],
    { connections: 1, rulePackets: 0 },
  )

const overloaded = (w: World): GoldenCase =>
  golden(
    `${w.name}: drop_packet 3 drops each so-many-th new connection`,
    snat(w),
    [
      set('am_droprate=2'),
      set('drop_packet=3'),
      drops(tcp({ from: w.client(5001), to: w.vip(80), flags: 'S' }), 'overload'),
      passes(w, 'S'),
      drops(tcp({ from: w.client(5001), to: w.vip(80), flags: 'S' }), 'overload'),
      passes(w, 'S', w.director(5002), 5002),
    ],
    { connections: 2 },
  )

const association = (w: World): GoldenCase => {
  const ask = (...chunks: number[]): Step =>
    forwards(
      sctp({ from: w.client(5000), to: w.vip(80), chunks }),
      sctp({ from: w.director(6000), to: w.web1(80), ttl: 63, chunks }),
    )
  const answer = (...chunks: number[]): Step =>
    forwards(
      sctp({ from: w.web1(80), to: w.director(6000), chunks }),
      sctp({ from: w.vip(80), to: w.client(5000), ttl: 63, chunks }),
    )
  return golden(
    `${w.name}: an SCTP association is opened by INIT alone, active once established`,
    [...masq(w, '--sctp-service'), poolRule(w, '6000', 'sctp')],
    [toHost(sctp({ from: w.client(5000), to: w.vip(80), chunks: [0] })), ask(1), answer(2), ask(10), answer(11)],
    { connections: 1, active: 1, inactive: 0, inPackets: 2, outPackets: 2 },
  )
}

const byChunks = (w: World): GoldenCase => {
  const words = (match: string, pool: number) =>
    `${w.iptables} -t nat -A POSTROUTING -p sctp ${match} -j SNAT --to-source :${pool}`
  const through = (pool: number, from: number, ...chunks: number[]): Step =>
    forwards(
      sctp({ from: w.client(from), to: w.vip(80), chunks }),
      sctp({ from: w.client(pool), to: w.web1(80), ttl: 63, chunks }),
    )
  return golden(
    `${w.name}: rules for types of chunks look at the packet that opens the association`,
    [
      ...masq(w, '--sctp-service'),
      ...[words('--chunk-types all INIT,ECN_ECNE', 6000), words('! --chunk-types only INIT', 6001)],
      words('--chunk-types any INIT', 6002),
    ],
    [through(6002, 5000, 1), through(6001, 5001, 1, 13), through(6000, 5002, 1, 12)],
    { connections: 3 },
  )
}

const alone = (w: World): GoldenCase => {
  const datagram = (web: World['web1']): Step =>
    forwards(
      udp({ from: w.client(5000), to: w.vip(80), payload: 'q' }),
      udp({ from: w.client(5000), to: web(80), ttl: 63, payload: 'q' }),
    )
  return golden(
    `${w.name}: one-packet scheduling: each datagram by itself, no --vaddr rule, no connection, answers to the host`,
    [...snat(w, '-u'), `ipvsadm -a -u ${w.vip(80)} -r ${w.web2(80)} -m`, `ipvsadm -E -u ${w.vip(80)} -s rr -o`],
    [
      datagram(w.web2),
      datagram(w.web1),
      datagram(w.web2),
      toHost(udp({ from: w.web1(80), to: w.client(5000), payload: 'a' })),
    ],
    { connections: 0, inPackets: 3, outPackets: 0, rulePackets: 0 },
  )
}

const stranger = (w: World): GoldenCase => {
  const about = tcp({ from: w.web1(80), to: w.director(4000), flags: 'A' })
  const kind = w.family === 4 ? { type: 3, code: 3, tos: 0xc0, dontFragment: true } : { type: 1, code: 4 }
  return golden(
    `${w.name}: nat_icmp_send tells a real server that its connection is unknown`,
    snat(w),
    [
      toHost(about),
      set('nat_icmp_send=1'),
      answers(about, icmpError({ from: bare(w.director), to: bare(w.web1), about, ...kind }), 'untracked'),
      toHost(tcp({ from: w.web1(80), to: w.director(4000), flags: 'R' })),
    ],
    { connections: 0 },
  )
}

export const settings: readonly GoldenCase[] = bothFamilies((w) => [
  ...ofTheRemoved(w),
  sloppy(w),
  untranslated(w),
  overloaded(w),
  association(w),
  byChunks(w),
  alone(w),
  stranger(w),
])
