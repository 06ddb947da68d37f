import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { family, sample } from '../../test/packets/arbitrary.js'
import { type Built, endpoint, fragments, icmp, icmpError, tcp, udp } from '../../test/packets/build.js'
import { Ring } from '../../test/packets/ring.js'
import { parse } from '../address/words.js'
import { Reason } from '../failure/reason.js'
import { HEADROOM, Packet } from '../io/port.js'
import { decode } from '../wire/decode.js'
import { Frame } from '../wire/frame.js'
import { fragmentationNeeded, portUnreachable, timeExceeded } from './icmp-error.js'

const V4 = { from: '198.51.100.7:5000', to: '192.0.2.45:80' }
const V6 = { from: '[2001:db8::7]:5000', to: '[2001:db8::45]:80' }
const ROUTER4 = '192.0.2.1'
const ROUTER6 = '2001:db8::1'

const ring = new Ring()
const frame = new Frame()
const packet = new Packet()

type Answer = (words: Int32Array) => boolean
const unreachable: Answer = (words) => portUnreachable(ring.view, packet, frame, words, 1)
const expired: Answer = (words) => timeExceeded(ring.view, packet, frame, words, 1)
const tooBig =
  (mtu: number): Answer =>
  (words) =>
    fragmentationNeeded(ring.view, packet, frame, words, 1, mtu)

/** What goes out instead of `built`, spoken by `router`; null if nothing may. */
function answered(built: Built, router: string, answer: Answer): Uint8Array | null {
  const { length } = built.bytes
  ring.put(built, HEADROOM)
  Object.assign(packet, { at: HEADROOM, length, flags: 1, gsoType: 1, gsoSize: 1400 })
  assert.equal(decode(ring.view, HEADROOM, HEADROOM + length, frame), Reason.none)
  const sent = answer(Int32Array.from([99, ...parse(router)!]))
  const result = sent ? ring.get(packet.at, packet.length) : null
  if (sent) assert.deepEqual([packet.flags, packet.gsoType, packet.gsoSize], [0, 0, 0])
  else assert.deepEqual(ring.get(HEADROOM, length), built.bytes)
  ring.assertOnly(sent ? packet.at : HEADROOM, HEADROOM + length)
  return result
}

const kinds4 = [
  { answer: unreachable, type: 3, code: 3, rest: 0 },
  { answer: expired, type: 11, code: 0, rest: 0 },
  { answer: tooBig(1400), type: 3, code: 4, rest: 1400 },
]
const kinds6 = [
  { answer: unreachable, type: 1, code: 4, rest: 0 },
  { answer: expired, type: 3, code: 0, rest: 0 },
  { answer: tooBig(1400), type: 2, code: 0, rest: 1400 },
]

test('the answer carries the packet itself and goes to its sender', () => {
  for (const { answer, ...error } of kinds4) {
    const about = tcp({ ...V4, flags: 'S', tos: 0x1e })
    const expected = icmpError({ from: ROUTER4, to: '198.51.100.7', about, tos: 0xde, dontFragment: true, ...error })
    assert.deepEqual(answered(about, ROUTER4, answer), expected.bytes)
  }
  for (const { answer, ...error } of kinds6) {
    const about = tcp({ ...V6, flags: 'S' })
    const expected = icmpError({ from: ROUTER6, to: '2001:db8::7', about, ...error })
    assert.deepEqual(answered(about, ROUTER6, answer), expected.bytes)
  }
})

test('a long packet is cut: 576 bytes in all for IPv4, 1280 for IPv6', () => {
  const payload = new Uint8Array(1401).fill(0xa5)
  const four = udp({ ...V4, payload })
  const quoted = icmpError({ from: ROUTER4, to: '198.51.100.7', about: four, type: 3, code: 3, quote: 548, ...REST4 })
  assert.deepEqual(answered(four, ROUTER4, unreachable), quoted.bytes)
  assert.equal(quoted.bytes.length, 576)
  const six = udp({ ...V6, payload })
  const quoted6 = icmpError({ from: ROUTER6, to: '2001:db8::7', about: six, type: 1, code: 4, quote: 1232 })
  assert.deepEqual(answered(six, ROUTER6, unreachable), quoted6.bytes)
  assert.equal(quoted6.bytes.length, 1280)
})
const REST4 = { tos: 0xc0, dontFragment: true }

test('any packet is answered soundly, or not at all', () => {
  fc.assert(
    fc.property(
      family.chain((of) => sample(of)),
      fc.nat(2),
      ({ built, kind }, which) => {
        fc.pre(kind !== 'icmp')
        const v4 = built.bytes[0] >>> 4 === 4
        const { answer, ...error } = (v4 ? kinds4 : kinds6)[which]
        const result = answered(built, v4 ? ROUTER4 : ROUTER6, answer)
        if (result === null) return
        const sender = [...frame.words.slice(0, 4)]
        const tos = v4 ? 0xc0 | (built.bytes[1] & 0x1e) : 0
        const to = v4 ? built.bytes.slice(12, 16).join('.') : groups(built.bytes.slice(8, 24))
        const from = v4 ? ROUTER4 : ROUTER6
        const expected = icmpError({ from, to, about: built, tos, dontFragment: v4, ...error }).bytes
        assert.deepEqual(sender, [...parse(to)!])
        assert.deepEqual(result, expected)
      },
    ),
    { numRuns: 500, seed: 20_005 },
  )
})

const groups = (bytes: Uint8Array): string =>
  Array.from({ length: 8 }, (_, i) => ((bytes[2 * i] << 8) | bytes[2 * i + 1]).toString(16)).join(':')

test('what must not be answered is left as it was', () => {
  const silent: Built[] = [
    icmpError({ ...V4, type: 3, about: tcp(V4) }),
    icmpError({ ...V6, type: 1, about: tcp(V6) }),
    fragments({ ...V4, payload: 'x'.repeat(40) }, 24, tcp)[1],
    ...['0.0.0.0', '224.0.0.1', '240.0.0.1', '255.255.255.255'].map((from) => udp({ ...V4, from: `${from}:1` })),
    ...['224.0.0.1', '255.255.255.255'].map((to) => udp({ ...V4, to: `${to}:1` })),
    ...['::', 'ff02::1'].map((from) => udp({ ...V6, from: `[${from}]:1` })),
    udp({ ...V6, to: '[ff02::1]:1' }),
  ]
  for (const built of silent) {
    const six = built.bytes[0] >>> 4 === 6
    assert.equal(answered(built, six ? ROUTER6 : ROUTER4, unreachable), null)
  }
})

test('an echo request, which is no error, is answered', () => {
  assert.notEqual(answered(icmp({ ...V4, type: 8 }), ROUTER4, expired), null)
})

test('link padding is not quoted', () => {
  const about = udp(V4)
  const padded = { ...about, bytes: Uint8Array.from([...about.bytes, 9, 9, 9]) }
  const expected = icmpError({ from: ROUTER4, to: endpoint(V4.from).address, about, type: 3, code: 3, ...REST4 })
  assert.deepEqual(answered(padded, ROUTER4, unreachable), expected.bytes)
})

test('an MTU that ICMP has no room for is said as the largest it can say', () => {
  const bytes = answered(udp(V4), ROUTER4, tooBig(70_000))
  assert.deepEqual([...bytes!.slice(24, 28)], [0, 0, 0xff, 0xff])
})
