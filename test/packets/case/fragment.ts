/** Fragments: a datagram goes on when all of them are here, in pieces no longer than those it came in. */
import { type Built, fragments, other, type Segment, tcp, udp } from '../build.js'
import { completes, drops, forwards, type GoldenCase, golden, holds, wait } from '../golden.js'
import { bothFamilies, masq, snat, v4, v6, type World } from '../world.js'

const SIZE = 1400
const payload = Uint8Array.from({ length: 4000 }, (_, i) => i * 7)
const request = (w: World): Segment => ({ from: w.client(5000), to: w.vip(80), id: 77, payload })
const requestOut = (w: World): Segment => ({ ...request(w), from: w.director(5000), to: w.web1(80), ttl: 63 })
const reply = (w: World): Segment => ({ ...request(w), from: w.web1(80), to: w.director(5000) })
const replyOut = (w: World): Segment => ({ ...request(w), from: w.vip(80), to: w.client(5000), ttl: 63 })
const cut = (words: Segment, size = SIZE): Built[] => fragments(words, size, udp)
/** As the director cuts it again: IPv6 with an identification of its own, which its tests' randomness makes this one. */
const cutAgain = (w: World, words: Segment, size = SIZE, whole: typeof udp = udp): Built[] =>
  fragments({ ...words, ...(w.family === 6 ? { id: 0x1234_5678 } : {}) }, size, whole)

const orders = (w: World): GoldenCase => {
  const [first, second, last] = cut(request(w))
  const [one, two, three] = cut(reply(w))
  return golden(
    `${w.name}: fragments in any order, both ways`,
    snat(w, '-u'),
    [
      holds(last),
      holds(first),
      completes(second, 'forwarded', cutAgain(w, requestOut(w))),
      holds(three),
      holds(two),
      completes(one, 'forwarded', cutAgain(w, replyOut(w))),
    ],
    { connections: 1, inPackets: 1, outPackets: 1 },
  )
}

const strangers = (w: World): GoldenCase => {
  const [first, second, last] = cut({ ...request(w), to: w.vip(81) })
  return golden(`${w.name}: fragments to another port are the host's`, snat(w, '-u'), [
    holds(first),
    holds(second),
    completes(last, 'host', cutAgain(w, { ...request(w), to: w.vip(81) })),
  ])
}

const doubles = (w: World): GoldenCase => {
  const [first, second, last] = cut(request(w))
  return golden(`${w.name}: a fragment that comes twice counts once`, snat(w, '-u'), [
    holds(first),
    drops(first, 'fragmentDuplicate'),
    holds(last),
    drops(last, 'fragmentDuplicate'),
    completes(second, 'forwarded', cutAgain(w, requestOut(w))),
  ])
}

const overlaps = (w: World): GoldenCase => {
  const [first, second, last] = cut(request(w))
  const [, across] = cut(request(w), SIZE - 8)
  return golden(`${w.name}: fragments that overlap make no datagram`, snat(w, '-u'), [
    holds(first),
    holds(last),
    drops(across, 'fragmentOverlap'),
    holds(second),
    holds(last),
    completes(first, 'forwarded', cutAgain(w, requestOut(w))),
  ])
}

/** Bytes behind the end, and two ends. */
const ends = (w: World): GoldenCase => {
  const [first, second, last] = cut(request(w))
  const [, early] = cut({ ...request(w), payload: payload.subarray(0, 2000) })
  return golden(`${w.name}: a datagram has one end`, snat(w, '-u'), [
    holds(first),
    holds(last),
    drops(early, 'badFragment'),
    holds(early),
    drops(last, 'badFragment'),
    holds(first),
    holds(second),
    completes(last, 'forwarded', cutAgain(w, requestOut(w))),
  ])
}

const lateness = (w: World, seconds: number): GoldenCase => {
  const [first, second, last] = cut(request(w))
  return golden(`${w.name}: after ${seconds} seconds a datagram is given up`, snat(w, '-u'), [
    holds(first),
    wait((seconds - 1) * 1000),
    holds(second),
    wait(2000),
    holds(last),
  ])
}

const apart = (w: World): GoldenCase => {
  const [first, second, last] = cut(request(w))
  const [otherFirst, otherSecond, otherLast] = cut({ ...request(w), id: 78 })
  return golden(`${w.name}: two datagrams are told apart by their identification`, snat(w, '-u'), [
    holds(first),
    holds(otherSecond),
    holds(otherFirst),
    holds(last),
    completes(second, 'forwarded', cutAgain(w, requestOut(w))),
    completes(otherLast, 'forwarded', cutAgain(w, { ...requestOut(w), id: 78 })),
  ])
}

const tcpWords = (w: World) => ({ from: w.client(5000), to: w.vip(80) })
const opening = (w: World) =>
  forwards(tcp({ ...tcpWords(w), flags: 'S' }), tcp({ from: w.director(5000), to: w.web1(80), ttl: 63, flags: 'S' }))
const segments = (w: World): GoldenCase => {
  const whole = { ...request(w), payload }
  const [first, second, last] = fragments(whole, SIZE, tcp)
  return golden(`${w.name}: a TCP segment in fragments`, snat(w), [
    opening(w),
    holds(first),
    holds(second),
    completes(last, 'forwarded', cutAgain(w, { ...requestOut(w), payload }, SIZE, tcp)),
  ])
}

const unbroken: GoldenCase = (() => {
  const words = { ...request(v4), dontFragment: true }
  const [first, second, last] = cut(words)
  return golden("IPv4: the sender's wish that nobody cuts further stays", masq(v4, '-u'), [
    holds(first),
    holds(second),
    completes(last, 'forwarded', cut({ ...words, to: v4.web1(80), ttl: 63 })),
  ])
})()

/** Record route (not copied) and stream identifier (copied), RFC 791 3.1. */
const OPTIONS = [7, 7, 4, 0, 0, 0, 0, 0x88, 4, 0, 1, 0]
const OPTIONS_LATER = [1, 1, 1, 1, 1, 1, 1, 0x88, 4, 0, 1, 0]
const options: GoldenCase = (() => {
  const [first, second, last] = cut({ ...request(v4), options: OPTIONS })
  const out = { ...requestOut(v4), options: OPTIONS }
  const later = cut({ ...out, options: OPTIONS_LATER })
  return golden('IPv4: options that are not copied stay in the first fragment', snat(v4, '-u'), [
    holds(first),
    holds(second),
    completes(last, 'forwarded', [cut(out)[0], later[1], later[2]]),
  ])
})()

const congestion: GoldenCase = (() => {
  const [first] = cut({ ...request(v4), tos: 2 })
  const [, second] = cut({ ...request(v4), tos: 3 })
  const [, , last] = cut({ ...request(v4), tos: 2 })
  return golden('IPv4: congestion that one fragment met is told of all', snat(v4, '-u'), [
    holds(first),
    holds(second),
    completes(last, 'forwarded', cut({ ...requestOut(v4), tos: 3 })),
  ])
})()

const malformed = (w: World): GoldenCase => {
  const odd = { ...request(w), payload: payload.subarray(0, 13), fragment: { offset: 0, more: true } }
  const empty = { ...request(w), fragment: { offset: 800, more: false }, payload: '', checksum: 'none' as const }
  const past = { ...request(w), fragment: { offset: 65_528, more: false }, payload }
  return golden(`${w.name}: fragments that cannot be`, snat(w, '-u'), [
    drops(udp(odd), 'badFragment'),
    drops(other(empty, 17), 'badFragment'),
    drops(other(past, 17), 'badFragment'),
  ])
}

export const pieces: readonly GoldenCase[] = [
  ...bothFamilies((w) => [
    orders(w),
    strangers(w),
    doubles(w),
    overlaps(w),
    ends(w),
    apart(w),
    segments(w),
    malformed(w),
  ]),
  lateness(v6, 60),
  lateness(v4, 30),
  unbroken,
  options,
  congestion,
]
