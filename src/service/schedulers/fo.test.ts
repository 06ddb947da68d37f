import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Rig } from '../fixture.js'

test('fo keeps to the highest weight, the newest of equals', () => {
  assert.equal(Rig.of('fo', [1, 5, 3]).sequence(3), '12 12 12')
  assert.equal(Rig.of('fo', [5, 5, 5]).sequence(3), '13 13 13')
})

test('fo falls to the next when that one is full or quiesced', () => {
  const rig = Rig.of('fo', [1, 5, 3])
  rig.edit(12, { upperThreshold: 1 })
  rig.edit(13, { weight: 0 })
  assert.equal(rig.sequence(3), '12 11 11')
})
