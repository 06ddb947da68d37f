import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Rig } from '../fixture.js'

test('rr serves the newest first, in turn', () => {
  assert.equal(Rig.of('rr', [1, 1, 1]).sequence(6), '13 12 11 13 12 11')
})

test('rr leaves out weight 0', () => {
  assert.equal(Rig.of('rr', [1, 0, 1]).sequence(4), '13 11 13 11')
})

test('rr leaves out what reached its upper threshold, and then has none', () => {
  const one = new Rig('rr')
  one.add(11, { upperThreshold: 2 })
  one.add(12)
  assert.equal(one.sequence(8), '12 11 12 11 12 12 12 12')
  const both = new Rig('rr')
  both.add(11, { upperThreshold: 2 })
  both.add(12, { upperThreshold: 3 })
  assert.equal(both.sequence(8), '12 11 12 11 12 0 0 0')
})

test('rr goes on after a new one, and before a removed one', () => {
  const rig = Rig.of('rr', [1, 1, 1])
  assert.equal(rig.sequence(2), '13 12')
  rig.add(14)
  assert.equal(rig.sequence(2), '11 14')
  rig.remove(14)
  assert.equal(rig.sequence(2), '13 12')
  rig.remove(12)
  assert.equal(rig.sequence(2), '11 13')
})

test('rr without destinations has none', () => {
  assert.equal(new Rig('rr').choose(), 0)
})
