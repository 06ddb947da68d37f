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

test('wlc compares the greatest weights exactly', () => {
  const rig = Rig.of('wlc', [2 ** 31 - 1, 2 ** 31 - 2])
  const { destinations } = rig.table
  for (const id of [11, 12]) destinations.active[rig.destination(id)] = 20_000_000
  assert.equal(rig.choose(), 11)
})
