import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Rig } from '../fixture.js'

test('ovf keeps to the highest weight while connections are inactive', () => {
  assert.equal(Rig.of('ovf', [1, 5, 3]).sequence(3), '12 12 12')
})

test('ovf overflows when active connections exceed the weight, and then has none', () => {
  const rig = Rig.of('ovf', [1, 2])
  const taken = Array.from({ length: 6 }, () => {
    const id = rig.open()
    if (id !== 0) rig.table.destinations.activate(rig.destination(id))
    return id
  })
  assert.deepEqual(taken, [12, 12, 12, 11, 11, 0])
})
