import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Rig } from '../fixture.js'

test('lc takes the least connections, the newest of equals', () => {
  assert.equal(Rig.of('lc', [1, 1, 1]).sequence(6), '13 12 11 13 12 11')
})

test('lc: an active connection weighs 257 inactive ones, weights nothing', () => {
  const rig = Rig.of('lc', [9, 1])
  const { destinations } = rig.table
  destinations.opened(rig.destination(12))
  destinations.activate(rig.destination(12))
  for (let i = 0; i < 257; i++) {
    assert.equal(rig.choose(), 11)
    destinations.opened(rig.destination(11))
  }
  assert.equal(rig.choose(), 12)
})
