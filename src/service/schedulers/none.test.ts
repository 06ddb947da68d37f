import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Rig } from '../fixture.js'

test('none never chooses', () => {
  assert.equal(Rig.of('none', [1, 1]).choose(), 0)
})
