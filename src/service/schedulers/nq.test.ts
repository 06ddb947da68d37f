import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Rig } from '../fixture.js'

test('nq takes the first idle one', () => {
  assert.equal(Rig.of('nq', [3, 2, 1]).sequence(4), '13 13 13 13')
})

test('nq is sed once none is idle', () => {
  const rig = Rig.of('nq', [3, 2, 1])
  const taken = Array.from({ length: 6 }, () => {
    const id = rig.open()
    rig.table.destinations.activate(rig.destination(id))
    return id
  })
  assert.deepEqual(taken, [13, 12, 11, 11, 12, 11])
})
