import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Rig } from '../fixture.js'

test('sed counts active connections only', () => {
  assert.equal(Rig.of('sed', [3, 2, 1]).sequence(5), '11 11 11 11 11')
})

test('sed takes the shortest delay as connections become active', () => {
  const rig = Rig.of('sed', [3, 2, 1])
  const taken = Array.from({ length: 6 }, () => {
    const id = rig.open()
    rig.table.destinations.activate(rig.destination(id))
    return id
  })
  assert.deepEqual(taken, [11, 12, 11, 13, 12, 11])
})
