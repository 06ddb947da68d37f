import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { TupleIndex } from './tuple-index.js'

/** Few hashes, near one another and at the end of the table: long runs, wrapped around. */
const hash = fc.constantFrom(0, 1, 2, 3, 0x100, 0x101, 254, 255, 0x1ff, -1, -2, 0x7fff_ff00)
const step = fc.record({ add: fc.boolean(), hash, ref: fc.integer({ min: 0, max: 100 }) })

/** All refs of a hash in the order they are met: each is taken out when it has been seen. */
function refsOf(index: TupleIndex, wanted: number): number[] {
  const found = new Int32Array(1)
  const refs: number[] = []
  for (;;) {
    index.firstOf(Int32Array.of(wanted), 1, found)
    if (found[0] < 0) break
    refs.push(found[0])
    index.remove(wanted, found[0])
  }
  for (const ref of refs.toReversed()) index.insert(wanted, ref)
  return refs
}

test('agrees with a list of newest first for each hash, whatever is put in and taken out', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
      const index = new TupleIndex(64, null)
      const twin = new Map<number, number[]>()
      let used = 0
      for (const { add, hash, ref } of steps) {
        const refs = twin.get(hash) ?? []
        const known = refs.includes(ref)
        if (add && !known && used < 128) {
          index.insert(hash, ref)
          twin.set(hash, [ref, ...refs])
          used++
        } else if (!add) {
          index.remove(hash, ref)
          if (known) used--
          twin.set(
            hash,
            refs.filter((one) => one !== ref),
          )
        }
      }
      for (const [hash, refs] of twin) assert.deepEqual(refsOf(index, hash), refs)
      assert.equal(index.entries.filter((word, i) => i % 2 === 1 && word !== 0).length, used)
    }),
    { numRuns: 300 },
  )
})
