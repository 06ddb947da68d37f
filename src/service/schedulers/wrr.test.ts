import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Rig } from '../fixture.js'

test('wrr interleaves by weight, the first cycle as the kernel begins it', () => {
  const vectors: [number[], string][] = [
    [[3, 2, 1], '13 12 11 11 12 11'],
    [[4, 2, 2], '13 12 11 11'],
    [[5, 1, 1], '13 12 11 11 11 11 11'],
  ]
  for (const [weights, cycle] of vectors) {
    const times = cycle.split(' ').length
    assert.equal(Rig.of('wrr', weights).sequence(3 * times), [cycle, cycle, cycle].join(' '))
  }
})

test('wrr has none without weights, and without destinations', () => {
  assert.equal(Rig.of('wrr', [0, 0]).choose(), 0)
  assert.equal(new Rig('wrr').choose(), 0)
})

test('wrr begins at the head again after an edit', () => {
  const rig = Rig.of('wrr', [1, 1, 1])
  assert.equal(rig.sequence(2), '13 12')
  rig.edit(11, { weight: 2 })
  assert.equal(rig.sequence(5), '13 12 11 11 13')
})

test('wrr takes up a scheduler change with all destinations at once', () => {
  const rig = Rig.of('rr', [3, 2, 1])
  rig.install({ ...rig.spec, scheduler: 'wrr' })
  assert.equal(rig.sequence(6), '11 12 11 13 12 11')
})
