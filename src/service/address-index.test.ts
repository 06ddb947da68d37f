import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { AddressIndex } from './address-index.js'

const key = fc.tuple(fc.nat(2), fc.nat(2), fc.nat(1), fc.nat(1), fc.constantFrom(0, 0xffff), fc.nat(6))
const operation = fc.record({ kind: fc.constantFrom('set', 'set', 'delete'), key, slot: fc.nat(1000) })

test('an index answers as a map through any sets and deletions', () => {
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 300 }), (operations) => {
      const index = new AddressIndex()
      const map = new Map<string, number>()
      const words = new Int32Array(6)
      for (const { kind, key, slot } of operations) {
        const [scope, port, ...address] = key
        words.set(address, 2)
        if (kind === 'set') index.set(scope, port, words, 2, slot)
        else index.delete(scope, port, words, 2)
        if (kind === 'set') map.set(key.join(), slot)
        else map.delete(key.join())
      }
      for (const { key } of operations) {
        const [scope, port, ...address] = key
        words.set(address, 2)
        assert.equal(index.find(scope, port, words, 2), map.get(key.join()) ?? -1)
      }
    }),
    { numRuns: 300 },
  )
})

test('neighbouring addresses and ports do not crowd', () => {
  const index = new AddressIndex()
  const words = Int32Array.of(0, 0, 0xffff, 0)
  for (let i = 0; i < 50_000; i++) {
    words[3] = 0x0a000000 + (i >> 4)
    index.set(6, 80 + (i & 15), words, 0, i)
  }
  for (let i = 0; i < 50_000; i++) {
    words[3] = 0x0a000000 + (i >> 4)
    assert.equal(index.find(6, 80 + (i & 15), words, 0), i)
    assert.equal(index.find(17, 80 + (i & 15), words, 0), -1)
  }
})
