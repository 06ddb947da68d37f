import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Built, fragments, udp } from '../../test/packets/build.js'
import { setHeaderChecksum } from '../../test/packets/naive.js'
import { Ring } from '../../test/packets/ring.js'
import { Fragmenter } from './fragment.js'

const AT = 131
const ring = new Ring()
const fragmenter = new Fragmenter(ring.view)
const V4 = { from: '192.0.2.10:5000', to: '192.0.2.21:6080', tos: 2, ttl: 63 }
const V6 = { from: '[2001:db8::10]:5000', to: '[2001:db8::21]:6080', tos: 2, ttl: 63 }

/** `headroom`: bytes before the packet that IPv6's fragment header may take. */
function cut({ bytes }: Built, mtu: number, identification: number, headroom = 0): Built[] {
  ring.put({ bytes, partial: false }, AT)
  const facts = { at: AT, length: bytes.length, flags: 0, gsoType: 0, gsoSize: 0, checksumStart: 0, checksumOffset: 0 }
  fragmenter.begin(facts, mtu, identification)
  const pieces: Built[] = []
  while (fragmenter.next(facts)) pieces.push({ bytes: ring.get(facts.at, facts.length), partial: false })
  ring.assertOnly(AT - headroom, AT + bytes.length)
  return pieces
}

const sizes = fc.record({ payload: fc.integer({ min: 1, max: 4000 }), mtu: fc.integer({ min: 68, max: 1500 }) })

test('IPv4: fragments as the RFC has them, no longer than the mtu', () => {
  const property = ({ payload, mtu }: { payload: number; mtu: number }) => {
    const words = { ...V4, id: 0x1234, payload: Uint8Array.from({ length: payload }, (_, i) => i) }
    const pieces = cut(udp(words), mtu, 99)
    assert.deepEqual(pieces, fragments(words, (mtu - 20) & ~7, udp))
    for (const { bytes } of pieces) assert.ok(bytes.length <= mtu)
  }
  fc.assert(fc.property(sizes, property), { numRuns: 300, seed: 1 })
})

test('IPv6: with a fragment header in each', () => {
  const property = ({ payload, mtu }: { payload: number; mtu: number }) => {
    const words = { ...V6, payload: Uint8Array.from({ length: payload }, (_, i) => i) }
    const room = mtu + 100
    assert.deepEqual(cut(udp(words), room, 9, 8), fragments({ ...words, id: 9 }, (room - 48) & ~7, udp))
  }
  fc.assert(fc.property(sizes, property), { numRuns: 300, seed: 2 })
})

test('a packet without an identification gets one, the same in all its fragments', () => {
  const words = { ...V4, payload: 'x'.repeat(200) }
  assert.deepEqual(cut(udp(words), 100, 0xbeef), fragments({ ...words, id: 0xbeef }, 80, udp))
})

test('a fragment is cut again where it lies in the whole', () => {
  const words = { ...V4, id: 7, payload: Uint8Array.from({ length: 400 }, (_, i) => i) }
  const [first, second, last] = fragments(words, 160, udp)
  const expected = fragments(words, 80, udp)
  assert.deepEqual([...cut(first, 100, 1), ...cut(second, 100, 1), ...cut(last, 100, 1)], expected)
})

test('options that are not for every fragment stay in the first', () => {
  const [recordRoute, security] = [
    [7, 7, 4, 0, 0, 0, 0],
    [130, 4, 1, 2],
  ]
  const options = [1, ...recordRoute, ...security]
  const words = { ...V4, id: 7, options, payload: 'x'.repeat(150) }
  const later = fragments({ ...words, options: [1, 1, 1, 1, 1, 1, 1, 1, ...security] }, 64, udp)
  const expected = fragments(words, 64, udp).map((piece, i) => (i === 0 ? piece : later[i]))
  for (const { bytes } of expected) setHeaderChecksum(bytes)
  assert.deepEqual(cut(udp(words), 96, 1), expected)
})
