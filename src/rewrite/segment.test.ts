import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Built, headerLength, tcp, udp } from '../../test/packets/build.js'
import { Ring } from '../../test/packets/ring.js'
import { Reason } from '../failure/reason.js'
import { decode } from '../wire/decode.js'
import { Frame } from '../wire/frame.js'
import { completeChecksum } from './pieces.js'
import { Segmenter } from './segment.js'

const AT = 131
const RUNS = { numRuns: 300, seed: 20_002 }
const TIMESTAMPS = [1, 1, 8, 10, 0, 1, 2, 3, 0, 0, 0, 0]
const ENDS = {
  4: { from: '192.0.2.100:5000', to: '192.0.2.45:80' },
  6: { from: '[2001:db8::100]:5000', to: '[2001:db8::45]:80' },
}
const ring = new Ring()
const frame = new Frame()

/** The merged packet cut up, each piece taken before the next is made. */
function cut(merged: Built, gsoSize: number): Uint8Array[] {
  const { length } = merged.bytes
  ring.put(merged, AT)
  assert.equal(decode(ring.view, AT, AT + length, frame), Reason.none)
  const facts = { at: AT, length, flags: 1, gsoType: 1, gsoSize, checksumStart: 0, checksumOffset: 0 }
  const segmenter = new Segmenter(ring.view)
  assert.ok(segmenter.begin(facts, frame))
  const pieces: Uint8Array[] = []
  while (segmenter.next(facts, frame)) {
    assert.equal(facts.gsoType, 0)
    assert.equal(frame.at, facts.at)
    completeChecksum(ring.view, facts)
    pieces.push(ring.get(facts.at, facts.length))
  }
  ring.assertOnly(AT, AT + length)
  return pieces
}

const payloads = fc.record({
  of: fc.constantFrom(4 as const, 6 as const),
  bytes: fc.uint8Array({ minLength: 1, maxLength: 5000 }),
  size: fc.integer({ min: 1, max: 1500 }),
})

const parts = (bytes: Uint8Array, size: number): Uint8Array[] =>
  Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) => bytes.subarray(i * size, (i + 1) * size))

test('a merged TCP packet becomes the segments its sender would have sent itself', () => {
  const property = ({ of, bytes, size }: { of: 4 | 6; bytes: Uint8Array; size: number }) => {
    const words = {
      ...ENDS[of],
      id: of === 4 ? 0xfffe : 0,
      dontFragment: of === 4,
      tos: 0x1e,
      tcpOptions: TIMESTAMPS,
      acknowledgement: 77,
    }
    const sequence = 0xffff_f000
    const merged = tcp({ ...words, payload: bytes, sequence, flags: 'WEFPA', checksum: 'partial' })
    const expected = parts(bytes, size).map((payload, i, { length }) => {
      const flags = `${i === 0 ? 'W' : ''}E${i === length - 1 ? 'FP' : ''}A`
      const id = of === 4 ? (0xfffe + i) & 0xffff : 0
      return tcp({ ...words, id, payload, sequence: (sequence + i * size) >>> 0, flags }).bytes
    })
    assert.deepEqual(cut(merged, size), expected)
  }
  fc.assert(fc.property(payloads, property), RUNS)
})

test('a merged UDP packet becomes datagrams', () => {
  const property = ({ of, bytes, size }: { of: 4 | 6; bytes: Uint8Array; size: number }) => {
    const merged = udp({ ...ENDS[of], payload: bytes, checksum: 'partial' })
    const expected = parts(bytes, size).map((payload, i) => udp({ ...ENDS[of], id: of === 4 ? i : 0, payload }).bytes)
    assert.deepEqual(cut(merged, size), expected)
  }
  fc.assert(fc.property(payloads, property), RUNS)
})

test('headers too long to keep are left alone', () => {
  const extensions = Array.from({ length: 2 }, () => ({ kind: 'destination' as const, body: new Array(140).fill(0) }))
  const merged = tcp({ ...ENDS[6], extensions, payload: 'x'.repeat(100), checksum: 'partial' })
  ring.put(merged, AT)
  assert.equal(decode(ring.view, AT, AT + merged.bytes.length, frame), Reason.none)
  const facts = {
    at: AT,
    length: merged.bytes.length,
    flags: 1,
    gsoType: 4,
    gsoSize: 10,
    checksumStart: headerLength(merged.bytes),
    checksumOffset: 16,
  }
  assert.equal(new Segmenter(ring.view).begin(facts, frame), false)
  assert.deepEqual(ring.get(AT, merged.bytes.length), merged.bytes)
  ring.assertOnly(AT, AT + merged.bytes.length)
})
