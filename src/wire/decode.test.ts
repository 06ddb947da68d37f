import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type Built,
  cut,
  type Extension,
  fragments,
  icmp,
  icmpError,
  mutate,
  other,
  sctp,
  tcp,
  udp,
} from '../../test/packets/build.js'
import { Ring } from '../../test/packets/ring.js'
import { format } from '../address/words.js'
import { Reason } from '../failure/reason.js'
import { decode, decodeInner, isIcmpError } from './decode.js'
import { DESTINATION, Fragment, Frame, SOURCE } from './frame.js'

const AT = 129
const V4 = { from: '192.0.2.1:5000', to: '192.0.2.45:80' }
const V6 = { from: '[2001:db8::1]:5000', to: '[2001:db8::45]:80' }
const BOTH = [V4, V6]

const ring = new Ring()
const frame = new Frame()
const inner = new Frame()

function read(built: Built): number {
  ring.put(built, AT)
  const reason = decode(ring.view, AT, AT + built.bytes.length, frame)
  return reason
}

/** Decodes an error whose packet must be sound, then the packet inside. */
function readInner(built: Built): number {
  assert.equal(read(built), Reason.none)
  assert.ok(isIcmpError(frame))
  return decodeInner(ring.view, frame, inner)
}

test('a TCP segment of either family', () => {
  for (const words of BOTH) {
    assert.equal(read(tcp({ ...words, flags: 'SA', ttl: 61, payload: 'abc' })), Reason.none)
    const v4 = words === V4
    assert.equal(frame.family, v4 ? 4 : 6)
    assert.equal(format(frame.words, SOURCE), v4 ? '192.0.2.1' : '2001:db8::1')
    assert.equal(format(frame.words, DESTINATION), v4 ? '192.0.2.45' : '2001:db8::45')
    assert.deepEqual([frame.sourcePort, frame.destinationPort, frame.protocol], [5000, 80, 6])
    assert.deepEqual([frame.tcpFlags, frame.ttl, frame.fragment], [0x12, 61, Fragment.none])
    assert.deepEqual([frame.at, frame.transport - AT, frame.length], [AT, v4 ? 20 : 40, v4 ? 43 : 63])
  }
})

test('a frame keeps nothing of the packet before', () => {
  read(tcp({ ...V6, flags: 'S' }))
  read(icmp({ ...V4, type: 3, code: 1 }))
  read(udp(V4))
  const fresh = new Frame()
  decode(ring.view, AT, AT + 28, fresh)
  assert.deepEqual(frame, fresh)
})

test('options, extension headers and UDP, SCTP', () => {
  read(udp({ ...V4, options: [1, 1, 1, 1, 7, 4, 4, 0] }))
  assert.deepEqual([frame.transport - AT, frame.sourcePort], [28, 5000])
  const extensions: Extension[] = [
    { kind: 'hop-by-hop', body: [5, 2, 0, 0] },
    { kind: 'destination', body: Array(14).fill(0) },
    { kind: 'routing', body: [2, 0] },
    { kind: 'fragment', body: [0, 0, 0, 0, 0, 1] },
  ]
  assert.equal(read(sctp({ ...V6, extensions })), Reason.none)
  assert.deepEqual([frame.protocol, frame.transport - AT, frame.destinationPort], [132, 40 + 8 + 16 + 8 + 8, 80])
  assert.equal(frame.fragment, Fragment.none, 'an atomic fragment is a whole packet')
})

test('ICMP echo has its identifier for ports; other types have none', () => {
  for (const [words, request] of [
    [V4, 8],
    [V6, 128],
  ] as const) {
    read(icmp({ ...words, type: request, rest: 0x1234_0001 }))
    assert.deepEqual([frame.sourcePort, frame.destinationPort, frame.icmpType], [0x1234, 0x1234, request])
    read(icmp({ ...words, type: 13, code: 2, rest: 0x1234_0001 }))
    assert.deepEqual([frame.sourcePort, frame.icmpType, frame.icmpCode], [0, 13, 2])
  }
})

test("one family's ICMP number in the other is a protocol like any", () => {
  assert.equal(read(other({ ...V4, payload: Uint8Array.of(1, 4, 0, 0, 0, 0, 0, 0) }, 58)), Reason.none)
  assert.equal(frame.icmpType, 0)
  assert.equal(read(other({ ...V6, payload: Uint8Array.of(3, 1, 0, 0, 0, 0, 0, 0) }, 1)), Reason.none)
  assert.equal(frame.icmpType, 0)
  assert.equal(isIcmpError(frame), false)
})

test('fragments: the first has ports, the later ones have none', () => {
  for (const words of BOTH) {
    const [first, later, last] = fragments({ ...words, payload: 'x'.repeat(60) }, 32, tcp)
    assert.equal(read(first), Reason.none)
    assert.deepEqual([frame.fragment, frame.sourcePort, frame.protocol], [Fragment.first, 5000, 6])
    for (const piece of [later, last]) {
      assert.equal(read(piece), Reason.none)
      assert.deepEqual([frame.fragment, frame.sourcePort, frame.protocol], [Fragment.later, 0, 6])
    }
  }
})

test('an atomic fragment header after a real one hides nothing', () => {
  const real: Extension = { kind: 'fragment', body: [0, 1, 0, 0, 0, 1] }
  const atomic: Extension = { kind: 'fragment', body: [0, 0, 0, 0, 0, 1] }
  assert.equal(read(tcp({ ...V6, extensions: [real, atomic] })), Reason.none)
  assert.equal(frame.fragment, Fragment.first)
})

test('a first fragment of UDP may announce more than it carries', () => {
  assert.equal(read(fragments({ ...V4, payload: 'x'.repeat(60) }, 16, udp)[0]), Reason.none)
})

test('bytes after the packet are not part of it', () => {
  const { bytes } = tcp(V4)
  assert.equal(read({ bytes: Uint8Array.from([...bytes, 0, 0, 0]), partial: false }), Reason.none)
  assert.equal(frame.length, bytes.length)
})

const whole = tcp(V4)
const whole6 = tcp(V6)
const short = (words: typeof V4, extensions: Extension[], length: number) => cut(udp({ ...words, extensions }), length)
const withLength6 = (built: Built) => mutate(built, { 4: 0, 5: built.bytes.length - 40 })

const refused: [string, Built, number][] = [
  ['nothing', cut(whole, 0), Reason.truncated],
  ['19 bytes', cut(whole, 19), Reason.truncated],
  ['39 bytes of IPv6', cut(whole6, 39), Reason.truncated],
  ['version 5', mutate(whole, { 0: 0x55 }), Reason.badVersion],
  ['IHL 4', mutate(whole, { 0: 0x44 }), Reason.badHeaderLength],
  ['IHL past the packet', mutate(whole, { 0: 0x4f }), Reason.badHeaderLength],
  ['total length past what came', mutate(whole, { 3: 41 }), Reason.badTotalLength],
  ['total length under the header', mutate(whole, { 3: 19 }), Reason.badTotalLength],
  ['IPv6 payload past what came', mutate(whole6, { 5: 21 }), Reason.badTotalLength],
  ['TCP header cut', mutate(cut(whole, 39), { 3: 39 }), Reason.badTransport],
  ['TCP data offset 4', mutate(whole, { 32: 0x40 }), Reason.badTransport],
  ['TCP data offset past the packet', mutate(whole, { 32: 0x60 }), Reason.badTransport],
  ['UDP header cut', mutate(cut(udp(V4), 27), { 3: 27 }), Reason.badTransport],
  ['UDP length 7', mutate(udp(V4), { 25: 7 }), Reason.badTransport],
  ['UDP length past the packet', mutate(udp(V4), { 25: 9 }), Reason.badTransport],
  ['SCTP header cut', mutate(cut(sctp(V4), 31), { 3: 31 }), Reason.badTransport],
  ['ICMP header cut', mutate(cut(icmp({ ...V4, type: 8 }), 27), { 3: 27 }), Reason.badTransport],
  ['IPv4-mapped source in IPv6', tcp({ from: '[::ffff:c000:201]:5000', to: V6.to }), Reason.mappedAddress],
  ['IPv4-mapped destination in IPv6', tcp({ from: V6.from, to: '[::ffff:c000:22d]:80' }), Reason.mappedAddress],
  ['an extension header cut', withLength6(short(V6, [{ kind: 'destination', body: [] }], 44)), Reason.extensionChain],
  [
    'an extension header longer than the packet',
    mutate(udp({ ...V6, extensions: [{ kind: 'destination' }] }), { 41: 9 }),
    Reason.extensionChain,
  ],
  ['nine extension headers', udp({ ...V6, extensions: Array(9).fill({ kind: 'destination' }) }), Reason.extensionChain],
  [
    'hop-by-hop options in second place',
    udp({ ...V6, extensions: [{ kind: 'destination' }, { kind: 'hop-by-hop' }] }),
    Reason.extensionChain,
  ],
  ['a route not yet walked', udp({ ...V6, extensions: [{ kind: 'routing', body: [2, 1] }] }), Reason.extensionChain],
]

for (const [name, built, reason] of refused) {
  test(`refused: ${name}`, () => {
    ring.bytes.fill(0xff, AT, AT + 200)
    assert.equal(read(built), reason)
  })
}

test('eight extension headers are still read', () => {
  assert.equal(read(udp({ ...V6, extensions: Array(8).fill({ kind: 'destination' }) })), Reason.none)
  assert.equal(frame.sourcePort, 5000)
})

test('the packet inside an ICMP error, down to 8 bytes of transport header', () => {
  for (const [words, type, header] of [
    [V4, 3, 20],
    [V6, 1, 40],
  ] as const) {
    const about = tcp({ from: words.to, to: words.from, flags: 'SA', payload: 'x'.repeat(100) })
    assert.equal(readInner(icmpError({ ...words, type, about })), Reason.none)
    assert.deepEqual([inner.sourcePort, inner.destinationPort, inner.tcpFlags], [80, 5000, 0x12])
    assert.equal(frame.icmpError, true)
    assert.equal(readInner(icmpError({ ...words, type, about, quote: header + 8 })), Reason.none)
    assert.deepEqual([inner.sourcePort, inner.destinationPort, inner.tcpFlags], [80, 5000, 0])
    assert.equal(inner.length, header + 8, 'only what is there')
    assert.equal(readInner(icmpError({ ...words, type, about, quote: header + 7 })), Reason.badTransport)
    assert.equal(frame.icmpError, false)
    assert.equal(readInner(icmpError({ ...words, type, about, quote: header - 1 })), Reason.truncated)
  }
})

test('an ICMP error with a packet of the other family inside is refused', () => {
  assert.equal(readInner(icmpError({ ...V4, type: 3, about: tcp(V6) })), Reason.badVersion)
})

test('which ICMP types are errors', () => {
  const errors = (words: typeof V4) =>
    Array.from({ length: 256 }, (_, type) => type).filter((type) => {
      read(icmpError({ ...words, type, about: tcp(words) }))
      return isIcmpError(frame)
    })
  assert.deepEqual(errors(V4), [3, 4, 11, 12])
  assert.deepEqual(errors(V6), [1, 2, 3, 4])
})

test('a first fragment need not hold the whole transport header', () => {
  const frame = new Frame()
  const { bytes } = fragments(V4, 8, tcp)[0]
  assert.equal(decode(new DataView(bytes.buffer, bytes.byteOffset, bytes.length), 0, bytes.length, frame), Reason.none)
  assert.equal(frame.fragment, Fragment.first)
})
