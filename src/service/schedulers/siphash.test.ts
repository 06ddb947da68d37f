import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { siphash13 } from './siphash.js'

const MASK = (1n << 64n) - 1n
const rotate = (x: bigint, by: bigint) => ((x << by) | (x >> (64n - by))) & MASK

/** SipHash-1-3 of four bytes as its paper writes it, in 64-bit numbers. */
function naive(key: number, value: number): number {
  const k = BigInt(key)
  const m = (4n << 56n) | BigInt(value)
  let [v0, v1, v2, v3] = [
    0x736f6d6570736575n ^ k,
    0x646f72616e646f6dn ^ k,
    0x6c7967656e657261n ^ k,
    0x7465646279746573n ^ k,
  ]
  const round = () => {
    v0 = (v0 + v1) & MASK
    v1 = rotate(v1, 13n) ^ v0
    v0 = rotate(v0, 32n)
    v2 = (v2 + v3) & MASK
    v3 = rotate(v3, 16n) ^ v2
    v0 = (v0 + v3) & MASK
    v3 = rotate(v3, 21n) ^ v0
    v2 = (v2 + v1) & MASK
    v1 = rotate(v1, 17n) ^ v2
    v2 = rotate(v2, 32n)
  }
  v3 ^= m
  round()
  v0 ^= m
  v2 ^= 0xffn
  for (let i = 0; i < 3; i++) round()
  return Number((v0 ^ v1 ^ v2 ^ v3) & 0xffffffffn)
}

test('SipHash-1-3 in halves is SipHash-1-3', () => {
  const word = fc.integer({ min: 0, max: 0xffffffff })
  fc.assert(
    fc.property(word, word, (key, value) => siphash13(key, value, 2 ** 32) === naive(key, value)),
    { numRuns: 2000 },
  )
})

test('a value beyond 32 bits wraps', () => {
  assert.equal(siphash13(7, 2 ** 32 + 5, 2 ** 32), siphash13(7, 5, 2 ** 32))
})
