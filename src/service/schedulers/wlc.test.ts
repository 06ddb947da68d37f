import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Rig } from '../fixture.js'

test('wlc takes the least connections for its weight', () => {
  assert.equal(Rig.of('wlc', [3, 2, 1]).sequence(12), '13 12 11 11 12 11 13 12 11 11 12 11')
})

test('wlc never takes weight 0, nor an overloaded one', () => {
  const rig = Rig.of('wlc', [0, 1])
  rig.edit(12, { upperThreshold: 2 })
  assert.equal(rig.sequence(3), '12 12 0')
})

test('wlc tells loads apart whose quotients no double does', () => {
  // Neighbours in Fibonacci's sequence.
  const rig = Rig.of('wlc', [1_134_903_170, 1_836_311_903])
  const { load } = rig.table.destinations
  load[rig.destination(11)] = 701_408_733
  load[rig.destination(12)] = 1_134_903_170
  assert.equal(rig.choose(), 11)
  load[rig.destination(11)]++
  assert.equal(rig.choose(), 12)
})
