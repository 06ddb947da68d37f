/** Forms of packets: checksums absent, partial, wrong; options and extension headers; what cannot be read. */
import { type Built, cut, type Extension, mutate, type Segment, sctp, tcp, udp } from '../build.js'
import { drops, forwards, type GoldenCase, golden, type ReasonName } from '../golden.js'
import { bothFamilies, snat, v4, v6, type World } from '../world.js'

const request = (w: World) => ({ from: w.client(5000), to: w.vip(80) })
const requestOut = (w: World) => ({ from: w.director(5000), to: w.web1(80), ttl: 63 })
const reply = (w: World) => ({ from: w.web1(80), to: w.director(5000) })
const replyOut = (w: World) => ({ from: w.vip(80), to: w.client(5000), ttl: 63 })

/** The same words both ways through the service. */
const bothWays = (w: World, make: (words: Segment) => Built, words: Omit<Segment, 'from' | 'to'>) => [
  forwards(make({ ...request(w), ...words }), make({ ...requestOut(w), ...words })),
  forwards(make({ ...reply(w), ...words }), make({ ...replyOut(w), ...words })),
]

const first = (words: Segment): Built => tcp({ ...words, flags: 'S' })

const checksums = (w: World): GoldenCase[] => [
  golden(`${w.name}: a UDP packet without a checksum stays without`, snat(w, '-u'), [
    ...bothWays(w, udp, { checksum: 'none', payload: 'odd' }),
  ]),
  golden(`${w.name}: a partial TCP checksum changes by the addresses alone`, snat(w), [
    ...bothWays(w, first, { checksum: 'partial', payload: 'x'.repeat(33) }),
  ]),
  golden(`${w.name}: a partial UDP checksum changes by the addresses alone`, snat(w, '-u'), [
    ...bothWays(w, udp, { checksum: 'partial', payload: 'x'.repeat(33) }),
  ]),
  golden(`${w.name}: a damaged segment is forwarded as damaged as it came`, snat(w), [
    damagedAlike(w, first({ ...request(w), payload: 'abc' }), first({ ...requestOut(w), payload: 'abc' })),
  ]),
]

/** One bit of the payload flipped: the checksum must still tell. */
function damagedAlike(_: World, packet: Built, out: Built) {
  const last = packet.bytes.length - 1
  const flipped = (built: Built) => mutate(built, { [last]: built.bytes[last] ^ 4 })
  return forwards(flipped(packet), flipped(out))
}

/** Payload whose two bytes make the UDP sum of what goes out 0xffff, so that its complement would be 0. */
function zeroSum(words: Segment): Uint8Array {
  const { bytes } = udp({ ...words, payload: Uint8Array.of(0, 0) })
  const field = (bytes[0] >>> 4 === 4 ? 20 : 40) + 6
  return bytes.slice(field, field + 2)
}

const neverZero = (w: World): GoldenCase => {
  const payload = zeroSum(requestOut(w))
  return golden(`${w.name}: a UDP checksum that comes out as 0 is sent as 0xffff`, snat(w, '-u'), [
    forwards(udp({ ...request(w), payload }), udp({ ...requestOut(w), payload })),
  ])
}

const options: GoldenCase = golden('IPv4: options and type of service go along', snat(v4), [
  ...bothWays(v4, first, { options: [7, 7, 4, 0, 0, 0, 0, 0], tos: 0x2e, id: 0xbeef, dontFragment: true }),
])

const EXTENSIONS: Extension[] = [
  { kind: 'hop-by-hop', body: [5, 2, 0, 0] },
  { kind: 'destination', body: Array(14).fill(0) },
  { kind: 'routing', body: [2, 0] },
  { kind: 'fragment', body: [0, 0, 0, 0, 0, 1] },
]
const extensions: GoldenCase = golden('IPv6: extension headers and traffic class go along', snat(v6), [
  ...bothWays(v6, first, { extensions: EXTENSIONS, tos: 0x2e }),
])

const jumbo = (w: World): GoldenCase => {
  const payload = new Uint8Array(65_000).fill(0xa5)
  return golden(`${w.name}: a super-packet of segmentation offload is one packet`, snat(w), [
    forwards(first(request(w)), first(requestOut(w))),
    forwards(
      tcp({ ...request(w), payload, checksum: 'partial' }),
      tcp({ ...requestOut(w), payload, checksum: 'partial' }),
    ),
  ])
}

const segment4 = first(request(v4))
const segment6 = first(request(v6))
const datagram = udp(request(v4))

const bad: [string, Built, ReasonName][] = [
  ['an empty packet', cut(segment4, 0), 'truncated'],
  ['19 bytes', cut(segment4, 19), 'truncated'],
  ['39 bytes of IPv6', cut(segment6, 39), 'truncated'],
  ['version 7', mutate(segment4, { 0: 0x75 }), 'badVersion'],
  ['a header of 16 bytes', mutate(segment4, { 0: 0x44 }), 'badHeaderLength'],
  ['a header longer than the packet', mutate(segment4, { 0: 0x4f }), 'badHeaderLength'],
  ['an IPv4 packet cut short', cut(segment4, 39), 'badTotalLength'],
  ['an IPv6 packet cut short', cut(segment6, 59), 'badTotalLength'],
  ['a TCP header of 16 bytes', mutate(segment4, { 32: 0x40 }), 'badTransport'],
  ['a TCP header past the packet', mutate(segment6, { 52: 0xf0 }), 'badTransport'],
  ['a UDP length past the packet', mutate(datagram, { 25: 9 }), 'badTransport'],
  ['a UDP length under its header', mutate(datagram, { 25: 7 }), 'badTransport'],
  ['half an SCTP header', mutate(cut(sctp(request(v4)), 26), { 3: 26 }), 'badTransport'],
  ['a route still to walk', udp({ ...request(v6), extensions: [{ kind: 'routing', body: [2, 1] }] }), 'extensionChain'],
  [
    'nine extension headers',
    udp({ ...request(v6), extensions: Array(9).fill({ kind: 'destination' }) }),
    'extensionChain',
  ],
  ['an IPv4-mapped source', udp({ from: '[::ffff:c000:264]:5000', to: v6.vip(80) }), 'mappedAddress'],
  ['an IPv4-mapped destination', udp({ from: v6.client(5000), to: '[::ffff:c000:22d]:80' }), 'mappedAddress'],
]

const unreadable = bad.map(([name, packet, reason]) => golden(`dropped: ${name}`, snat(v4), [drops(packet, reason)]))

export const forms = [
  ...bothFamilies((w) => [...checksums(w), neverZero(w), jumbo(w)]),
  options,
  extensions,
  ...unreadable,
]
