import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { word16 } from '../../test/packets/arbitrary.js'
import { internetChecksum, crc32c as naiveCrc } from '../../test/packets/naive.js'
import * as checksum from './checksum.js'
import { update as updateCrc } from './crc32c.js'

const RUNS = { numRuns: 3000, seed: 20_002 }
const bytesOf = (...words: number[]): Uint8Array => Uint8Array.from(words.flatMap((w) => [w >>> 8, w & 255]))
const word32 = fc.tuple(word16, word16).map(([high, low]) => (high << 16) | low)

test('the naive twin knows the examples of the RFCs', () => {
  // RFC 1071, 3: the sum of 00 01 f2 03 f4 f5 f6 f7 is ddf2.
  assert.equal(internetChecksum(Uint8Array.of(0, 1, 0xf2, 3, 0xf4, 0xf5, 0xf6, 0xf7)), 0xffff - 0xddf2)
  assert.equal(naiveCrc(new TextEncoder().encode('123456789')), 0xe306_9283)
})

test('a sum over any bytes, of even or odd length, is the naive one', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(9), (bytes, at) => {
      const ring = new Uint8Array(at + bytes.length + 8).fill(0xee)
      ring.set(bytes, at)
      const sum = checksum.sum(new DataView(ring.buffer), at, bytes.length, 0)
      assert.equal(checksum.fold(sum), 0xffff - internetChecksum(bytes))
    }),
    RUNS,
  )
})

test('the longest packet of all ones does not overflow the sum', () => {
  const view = new DataView(new Uint8Array(65_535).fill(0xff).buffer)
  assert.equal(checksum.fold(checksum.sum(view, 0, 65_535, 0xffff * 10)), 0xff00)
})

test('an update is what summing again gives, also at 0 and 0xffff', () => {
  fc.assert(
    fc.property(fc.array(word16, { maxLength: 6 }), word32, word32, word16, word16, (rest, from, to, from16, to16) => {
      const words = (w: number, h: number) => bytesOf(1, ...rest, w >>> 16, w & 0xffff, h) // 1: never all zero
      const change = checksum.change32(from, to) + checksum.change16(from16, to16)
      const before = internetChecksum(words(from, from16))
      const after = internetChecksum(words(to, to16))
      assert.equal(checksum.update(before, change), after)
      assert.equal(checksum.updatePartial(0xffff - before, change), 0xffff - after)
      assert.equal(checksum.updateUdp(before || 0xffff, change), after || 0xffff)
      assert.equal(checksum.updateUdp(0, change), 0)
    }),
    RUNS,
  )
})

test("RFC 1624's own example: 0xdd2f with 0x5555 become 0x3285 gives 0x0000, not 0xffff", () => {
  assert.equal(checksum.update(0xdd2f, checksum.change16(0x5555, 0x3285)), 0x0000)
})

test('a CRC32c follows a change of the first four bytes of a message of any length', () => {
  fc.assert(
    fc.property(word32, word32, fc.integer({ min: 4, max: 3000 }), fc.nat(255), (from, to, length, filling) => {
      const bytes = new Uint8Array(length).fill(filling)
      const view = new DataView(bytes.buffer)
      view.setInt32(0, from, true)
      const before = naiveCrc(bytes) | 0
      view.setInt32(0, to, true)
      assert.equal(updateCrc(before, from, to, length), naiveCrc(bytes) | 0)
    }),
    { ...RUNS, numRuns: 300 },
  )
})

test('a CRC32c follows in the longest packet', () => {
  const bytes = new Uint8Array(65_535)
  const before = naiveCrc(bytes) | 0
  bytes[3] = 0x80
  assert.equal(updateCrc(before, 0, 0x8000_0000 | 0, 65_535), naiveCrc(bytes) | 0)
})
