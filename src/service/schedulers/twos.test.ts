import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Rig } from '../fixture.js'

/** A rig whose random numbers, as fractions, are these in turn. */
const rigOf = (weights: number[], fractions: number[]) => {
  let at = 0
  const rig = new Rig('twos', 0, () => Math.floor(fractions[at++ % fractions.length] * 2 ** 32))
  weights.forEach((weight, i) => {
    rig.add(11 + i, { weight })
  })
  return rig
}

test('twos takes the less loaded of its two picks, the first of equals', () => {
  // Total weight 6: numbers 0 to 6; 0 and 1 fall to 13, 2 and 3 to 12, 4 to 6 to 11.
  const rig = rigOf([3, 2, 1], [0.9, 0.4])
  assert.equal(rig.choose(), 11)
  rig.table.destinations.opened(rig.destination(11))
  assert.equal(rig.choose(), 12)
  rig.table.destinations.opened(rig.destination(12))
  assert.equal(rig.choose(), 11)
})

test('twos picks among the usable only', () => {
  const rig = rigOf([1, 1, 0], [0, 0.5, 0.99])
  rig.edit(12, { upperThreshold: 1 })
  assert.equal(rig.open(), 12)
  for (let i = 0; i < 6; i++) assert.equal(rig.choose(), 11)
  rig.edit(11, { weight: 0 })
  assert.equal(rig.choose(), 0)
})

test('twos follows the weights', () => {
  let seed = 1
  const rig = new Rig('twos', 0, () => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0
    return seed
  })
  rig.add(11, { weight: 300 })
  rig.add(12, { weight: 100 })
  const counts = [0, 0]
  for (let i = 0; i < 4000; i++) counts[rig.choose() - 11]++
  assert.ok(Math.abs(counts[0] / 4000 - 0.75) < 0.03, `${counts}`)
})
