import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Rig } from '../fixture.js'

test('dh answers by the destination address, as the kernel does for 10.10.0.100', () => {
  assert.equal(Rig.of('dh', [1, 1, 1]).sequence(3), '12 12 12')
})

test('dh has none where its choice is quiesced or full', () => {
  const rig = Rig.of('dh', [1, 0, 1])
  assert.equal(rig.choose(), 0)
  rig.edit(12, { weight: 1, upperThreshold: 1 })
  assert.equal(rig.sequence(2), '12 0')
})

test('dh spreads addresses, of both families', () => {
  const rig = Rig.of('dh', [1, 1, 1])
  const v4 = new Set(Array.from({ length: 32 }, (_, i) => rig.choose('10.10.0.2', 1, `10.10.0.${i}`)))
  const v6 = new Set(Array.from({ length: 32 }, (_, i) => rig.choose('10.10.0.2', 1, `2001:db8::${i}`)))
  assert.deepEqual([v4.size, v6.size], [3, 3])
})
