/** What is not forwarded: no real server, a removed one, strays, foreign traffic, time to live. */
import { type Built, icmp, icmpError, other, sctp, tcp, udp } from '../build.js'
import { answers, command, drops, forwards, type GoldenCase, golden, type Step, toHost } from '../golden.js'
import { bare, bothFamilies, masq, snat, type World } from '../world.js'

const syn = (w: World, port = 5000): Built => tcp({ from: w.client(port), to: w.vip(80), flags: 'S' })
const synOut = (w: World, port = 5000): Built => tcp({ from: w.director(port), to: w.web1(80), ttl: 63, flags: 'S' })
const opened = (w: World): Step => forwards(syn(w), synOut(w))

/** The virtual address tells the client, as the host would (ip_vs_leave). */
const refused = (w: World, about: Built): Step => {
  const words = { from: bare(w.vip), to: bare(w.client), about }
  return answers(
    about,
    w.family === 4 ? icmpError({ ...words, ...FOUR }) : icmpError({ ...words, ...SIX }),
    'noDestination',
  )
}
const FOUR = { type: 3, code: 3, tos: 0xc0, dontFragment: true }
const SIX = { type: 1, code: 4 }

const noServer = (w: World): GoldenCase[] => [
  golden(
    `${w.name}: a service without real servers refuses`,
    [`ipvsadm -A -t ${w.vip(80)}`, `ipvsadm -A -u ${w.vip(80)}`],
    [refused(w, syn(w)), refused(w, udp({ from: w.client(5000), to: w.vip(80), payload: 'who?' }))],
    { connections: 0 },
  ),
  golden(
    `${w.name}: a real server of weight 0 takes no new connection`,
    [`ipvsadm -A -t ${w.vip(80)}`, `ipvsadm -a -t ${w.vip(80)} -r ${w.web1(80)} -m -w 0`],
    [refused(w, syn(w))],
    { connections: 0, inPackets: 0 },
  ),
  golden(`${w.name}: weight 0 keeps the connections there are`, snat(w), [
    opened(w),
    command(`ipvsadm -e -t ${w.vip(80)} -r ${w.web1(80)} -m -w 0`),
    refused(w, syn(w, 5001)),
    forwards(
      tcp({ from: w.client(5000), to: w.vip(80), flags: 'A' }),
      tcp({ from: w.director(5000), to: w.web1(80), ttl: 63, flags: 'A' }),
    ),
    forwards(
      tcp({ from: w.web1(80), to: w.director(5000), flags: 'A' }),
      tcp({ from: w.vip(80), to: w.client(5000), ttl: 63, flags: 'A' }),
    ),
    command(`ipvsadm -e -t ${w.vip(80)} -r ${w.web1(80)} -m -w 1`),
    forwards(syn(w, 5001), synOut(w, 5001)),
  ]),
  golden(`${w.name}: a real server at its upper threshold takes no more`, snat(w), [
    command(`ipvsadm -e -t ${w.vip(80)} -r ${w.web1(80)} -m -x 1`),
    opened(w),
    refused(w, syn(w, 5001)),
  ]),
]

const quotes = (w: World): GoldenCase => {
  const about = udp({ from: w.client(5000), to: w.vip(80), payload: 'x'.repeat(1400) })
  const words = { from: bare(w.vip), to: bare(w.client), about }
  const answer =
    w.family === 4 ? icmpError({ ...words, ...FOUR, quote: 548 }) : icmpError({ ...words, ...SIX, quote: 1232 })
  return golden(
    `${w.name}: a refusal quotes ${w.family === 4 ? 'up to 576' : 'up to 1280'} bytes in all`,
    [`ipvsadm -A -u ${w.vip(80)}`],
    [answers(about, answer, 'noDestination')],
  )
}

const removed = (w: World): GoldenCase =>
  golden(`${w.name}: the connections of a removed real server wait for it`, snat(w), [
    opened(w),
    command(`ipvsadm -d -t ${w.vip(80)} -r ${w.web1(80)}`),
    drops(tcp({ from: w.client(5000), to: w.vip(80), flags: 'A' }), 'destinationRemoved'),
    command(`ipvsadm -a -t ${w.vip(80)} -r ${w.web1(80)} -m`),
    forwards(
      tcp({ from: w.client(5000), to: w.vip(80), flags: 'A' }),
      tcp({ from: w.director(5000), to: w.web1(80), ttl: 63, flags: 'A' }),
    ),
  ])

const strays = (w: World): GoldenCase => {
  const back = { from: w.vip(80), to: w.client(5000), window: 0, dontFragment: true }
  return golden(
    `${w.name}: a segment that opens nothing and belongs to nothing is reset, a reset is dropped`,
    snat(w),
    [
      answers(
        tcp({ from: w.client(5000), to: w.vip(80), flags: 'A', acknowledgement: 9000 }),
        tcp({ ...back, flags: 'R', sequence: 9000 }),
        'untracked',
      ),
      answers(
        tcp({ from: w.client(5000), to: w.vip(80), flags: 'F', sequence: 500, payload: 'abc' }),
        tcp({ ...back, flags: 'RA', sequence: 0, acknowledgement: 504 }),
        'untracked',
      ),
      drops(tcp({ from: w.client(5000), to: w.vip(80), flags: 'R' }), 'untracked'),
      drops(tcp({ from: w.client(5000), to: w.vip(80), flags: 'SR' }), 'untracked'),
    ],
    { connections: 0 },
  )
}

const foreign = (w: World): GoldenCase =>
  golden(
    `${w.name}: what no service is for goes to the host as it came`,
    snat(w),
    [
      toHost(tcp({ from: w.client(5000), to: w.vip(22), flags: 'S' })),
      toHost(tcp({ from: w.client(5000), to: w.director(80), flags: 'S' })),
      toHost(udp({ from: w.client(5000), to: w.vip(80), checksum: 'none' })),
      toHost(sctp({ from: w.client(5000), to: w.vip(80) })),
      toHost(icmp({ from: bare(w.client), to: bare(w.vip), type: w.family === 4 ? 8 : 128, rest: 0x0001_0001 })),
      toHost(other({ from: bare(w.client), to: bare(w.vip), payload: 'ospf' }, 89)),
      toHost(tcp({ from: w.web1(80), to: w.director(5000), flags: 'SA' })),
      toHost(tcp({ from: w.client(5000), to: w.vip(22), flags: 'A', ttl: 1, checksum: 'wrong' })),
    ],
    { connections: 0, inPackets: 0 },
  )

const exceeded = (w: World, about: Built, from: string, to: string): Step => {
  const kind = w.family === 4 ? { type: 11, tos: 0xc0, dontFragment: true } : { type: 3 }
  return answers(about, icmpError({ from, to, about, ...kind }), 'ttlExceeded')
}

const timeToLive = (w: World): GoldenCase =>
  golden(`${w.name}: a packet loses one hop here; with none left its sender is told`, snat(w), [
    forwards(
      tcp({ from: w.client(5000), to: w.vip(80), flags: 'S', ttl: 2 }),
      tcp({ from: w.director(5000), to: w.web1(80), flags: 'S', ttl: 1 }),
    ),
    forwards(
      tcp({ from: w.client(5000), to: w.vip(80), flags: 'A', ttl: 255 }),
      tcp({ from: w.director(5000), to: w.web1(80), flags: 'A', ttl: 254 }),
    ),
    exceeded(w, tcp({ from: w.client(5000), to: w.vip(80), flags: 'A', ttl: 1 }), bare(w.vip), bare(w.client)),
    exceeded(w, tcp({ from: w.web1(80), to: w.director(5000), flags: 'A', ttl: 1 }), bare(w.director), bare(w.web1)),
  ])

const group = (w: World): GoldenCase => {
  const from = w.family === 4 ? '224.0.0.5:5000' : '[ff02::5]:5000'
  return golden(
    `${w.name}: nobody is told of a refused packet that came from a group`,
    [`ipvsadm -A -u ${w.vip(80)}`],
    [drops(udp({ from, to: w.vip(80) }), 'noDestination')],
  )
}

export const refusals = bothFamilies((w) => [
  ...noServer(w),
  quotes(w),
  removed(w),
  strays(w),
  foreign(w),
  timeToLive(w),
  group(w),
  golden(`${w.name}: no state at all: everything is the host's`, [], [toHost(syn(w))]),
  golden(`${w.name}: a deleted service opens nothing more and keeps what it has`, masq(w), [
    forwards(syn(w), tcp({ from: w.client(5000), to: w.web1(80), ttl: 63, flags: 'S' })),
    command(`ipvsadm -D -t ${w.vip(80)}`),
    toHost(syn(w, 5001)),
    forwards(
      tcp({ from: w.web1(80), to: w.client(5000), flags: 'SA' }),
      tcp({ from: w.vip(80), to: w.client(5000), ttl: 63, flags: 'SA' }),
    ),
  ]),
])
