/** ICMP errors about balanced connections, from both sides. */
import { type Built, type IcmpError, icmpError, mutate, tcp, udp } from '../build.js'
import { drops, forwards, type GoldenCase, golden, type Step, toHost } from '../golden.js'
import { bare, bothFamilies, masq, snat, type World } from '../world.js'

type Kind = Pick<IcmpError, 'type' | 'code' | 'rest'>

const portUnreachable = (w: World): Kind => (w.family === 4 ? { type: 3, code: 3 } : { type: 1, code: 4 })
const hostUnreachable = (w: World): Kind => (w.family === 4 ? { type: 3, code: 1 } : { type: 1, code: 3 })
const timeExceeded = (w: World): Kind => ({ type: w.family === 4 ? 11 : 3 })
const tooBig = (w: World): Kind =>
  w.family === 4 ? { type: 3, code: 4, rest: 1400 } : { type: 2, code: 0, rest: 1400 }

/** IP header and 8 bytes: all that an old router returns. */
const least = (w: World): number => (w.family === 4 ? 28 : 48)

const opened = (w: World): Step =>
  forwards(
    tcp({ from: w.client(5000), to: w.vip(80), flags: 'S' }),
    tcp({ from: w.director(5000), to: w.web1(80), ttl: 63, flags: 'S' }),
  )

const asked = (w: World): Step =>
  forwards(
    udp({ from: w.client(5000), to: w.vip(80), payload: 'who?' }),
    udp({ from: w.director(5000), to: w.web1(80), ttl: 63, payload: 'who?' }),
  )

const segment = { flags: 'PA', ttl: 62, payload: 'x'.repeat(50) }

/** What the director sent to web1, and what of it the client must read. */
const request = (w: World): [Built, Built] => [
  tcp({ ...segment, from: w.director(5000), to: w.web1(80) }),
  tcp({ ...segment, from: w.client(5000), to: w.vip(80) }),
]

/** What the director sent to the client, and what of it web1 must read. */
const reply = (w: World): [Built, Built] => [
  tcp({ ...segment, from: w.vip(80), to: w.client(5000) }),
  tcp({ ...segment, from: w.web1(80), to: w.director(5000) }),
]

/** An error about a request: whoever says it, the client hears it from the virtual address. */
const toClient = (w: World, kind: Kind, [about, becomes]: [Built, Built], quote = about.bytes.length): Step =>
  forwards(
    icmpError({ ...kind, from: w.router, to: bare(w.director), about, quote }),
    icmpError({ ...kind, from: bare(w.vip), to: bare(w.client), ttl: 63, about: becomes, quote }),
  )

/** An error about a reply: the real server hears it from the only address it knows. */
const toServer = (w: World, kind: Kind, [about, becomes]: [Built, Built], quote = about.bytes.length): Step =>
  forwards(
    icmpError({ ...kind, from: w.router, to: bare(w.vip), about, quote }),
    icmpError({ ...kind, from: bare(w.director), to: bare(w.web1), ttl: 63, about: becomes, quote }),
  )

const fromServerSide = (w: World): GoldenCase[] => [
  golden(`${w.name}: a path too narrow behind the director is told to the client`, snat(w), [
    opened(w),
    toClient(w, tooBig(w), request(w)),
  ]),
  golden(`${w.name}: time exceeded and host unreachable reach the client`, snat(w), [
    opened(w),
    toClient(w, timeExceeded(w), request(w)),
    toClient(w, hostUnreachable(w), request(w)),
  ]),
  golden(`${w.name}: an error with the least it may carry is translated`, snat(w), [
    opened(w),
    toClient(w, tooBig(w), request(w), least(w)),
    toServer(w, tooBig(w), reply(w), least(w)),
  ]),
]

const unreachableUdp = (w: World): GoldenCase => {
  const words = { ttl: 62, payload: 'who?' }
  const about = udp({ ...words, from: w.director(5000), to: w.web1(80) })
  const becomes = udp({ ...words, from: w.client(5000), to: w.vip(80) })
  return golden(
    `${w.name}: a real server's closed UDP port is told to the client`,
    snat(w, '-u'),
    [
      asked(w),
      forwards(
        icmpError({ ...portUnreachable(w), from: bare(w.web1), to: bare(w.director), about }),
        icmpError({ ...portUnreachable(w), from: bare(w.vip), to: bare(w.client), ttl: 63, about: becomes }),
      ),
    ],
    { connections: 1 },
  )
}

const fromClientSide = (w: World): GoldenCase[] => [
  golden(`${w.name}: a path too narrow towards the client is told to the real server`, snat(w), [
    opened(w),
    toServer(w, tooBig(w), reply(w)),
  ]),
  golden(`${w.name}: without SNAT the real server hears it from the router itself`, masq(w), [
    forwards(
      tcp({ from: w.client(5000), to: w.vip(80), flags: 'S' }),
      tcp({ from: w.client(5000), to: w.web1(80), ttl: 63, flags: 'S' }),
    ),
    forwards(
      icmpError({ ...tooBig(w), from: w.router, to: bare(w.vip), about: reply(w)[0] }),
      icmpError({
        ...tooBig(w),
        from: w.router,
        to: bare(w.web1),
        ttl: 63,
        about: tcp({ ...segment, from: w.web1(80), to: w.client(5000) }),
      }),
    ),
  ]),
]

const notOurs = (w: World): GoldenCase => {
  const error = { ...tooBig(w), from: w.router, to: bare(w.director) }
  const about = (from: string, to: string) => icmpError({ ...error, about: tcp({ from, to }) })
  return golden(`${w.name}: errors about other traffic are the host's`, snat(w), [
    opened(w),
    toHost(about(w.director(5001), w.web1(80))),
    toHost(about(w.director(5000), w.web2(80))),
    // As the client sends it: that packet never went out from here.
    toHost(about(w.client(5000), w.vip(80))),
    toHost(icmpError({ ...error, about: udp({ from: w.director(5000), to: w.web1(80) }) })),
    toHost(icmpError({ ...error, about: request(w)[0], quote: least(w) - 1 })),
  ])
}

const damaged = (w: World): GoldenCase => {
  const sound = icmpError({ ...tooBig(w), from: w.router, to: bare(w.director), about: request(w)[0] })
  const last = sound.bytes.length - 1
  return golden(`${w.name}: an error with a wrong checksum of its own is dropped`, snat(w), [
    opened(w),
    drops(mutate(sound, { [last]: sound.bytes[last] ^ 1 }), 'badIcmpChecksum'),
  ])
}

export const errors = bothFamilies((w) => [
  ...fromServerSide(w),
  unreachableUdp(w),
  ...fromClientSide(w),
  notOurs(w),
  damaged(w),
])
