import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { greatestCommonDivisor, heavier } from './weight.js'

test('heavier compares products that no double holds exactly', () => {
  const number = fc.integer({ min: 0, max: 2 ** 31 - 1 })
  fc.assert(
    fc.property(number, number, number, number, (load, weight, otherLoad, otherWeight) => {
      const exact = BigInt(load) * BigInt(otherWeight) > BigInt(otherLoad) * BigInt(weight)
      return heavier(load, weight, otherLoad, otherWeight) === exact
    }),
    { numRuns: 1000 },
  )
  // Neighbours in Fibonacci's sequence: the products differ by one.
  assert.equal(heavier(1_134_903_170, 1_836_311_903, 701_408_733, 1_134_903_170), true)
  assert.equal(heavier(701_408_733, 1_134_903_170, 1_134_903_170, 1_836_311_903), false)
})

test('greatest common divisor, 0 being divisible by all', () => {
  assert.deepEqual([greatestCommonDivisor(12, 18), greatestCommonDivisor(0, 5), greatestCommonDivisor(5, 0)], [6, 5, 5])
})
