import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Rig } from '../fixture.js'

const opened = (rig: Rig, id: number, times: number) => {
  for (let i = 0; i < times; i++) rig.table.destinations.opened(rig.destination(id))
}

const activated = (rig: Rig, id: number, times: number) => {
  opened(rig, id, times)
  for (let i = 0; i < times; i++) rig.table.destinations.activate(rig.destination(id))
}

test('lblc keeps one address with one real server', () => {
  assert.equal(Rig.of('lblc', [1, 1, 1]).sequence(5), '13 13 13 13 13')
})

test('lblc gives each address the least loaded of its time', () => {
  const rig = Rig.of('lblc', [1, 1, 1])
  const target = (n: number) => rig.open('10.10.0.2', 1, `10.20.0.${n}`)
  assert.deepEqual([1, 2, 3, 1, 2, 3].map(target), [13, 12, 11, 13, 12, 11])
})

test('lblc leaves a real server that is quiesced, removed, or crowded while another idles', () => {
  const rig = Rig.of('lblc', [4, 4, 4])
  assert.equal(rig.choose(), 13)
  rig.edit(13, { weight: 0 })
  assert.equal(rig.choose(), 12)
  rig.remove(12)
  assert.equal(rig.choose(), 11)
  activated(rig, 11, 5)
  rig.edit(13, { weight: 3 })
  activated(rig, 13, 2)
  assert.equal(rig.choose(), 11)
  rig.edit(13, { weight: 5 })
  assert.equal(rig.choose(), 13)
})

test('lblc takes the same real server up again when it comes back from the trash', () => {
  const rig = Rig.of('lblc', [1, 1])
  assert.equal(rig.choose(), 12)
  opened(rig, 12, 3)
  rig.remove(12)
  rig.add(12)
  assert.equal(rig.choose(), 12)
})

test('lblc holds the slots that it remembers, until it goes', () => {
  const rig = Rig.of('lblc', [1, 1])
  const { refs } = rig.table.destinations
  for (let n = 0; n < 100; n++) rig.choose('10.10.0.2', 1, `10.20.0.${n}`)
  assert.deepEqual([refs[rig.destination(11)], refs[rig.destination(12)]], [0, 100])
  rig.edit(12, { weight: 0 })
  rig.choose('10.10.0.2', 1, '10.20.0.5')
  assert.deepEqual([refs[rig.destination(11)], refs[rig.destination(12)]], [1, 99])
  rig.install({ ...rig.spec, scheduler: 'rr' })
  assert.deepEqual([refs[rig.destination(11)], refs[rig.destination(12)]], [0, 0])
})

test('lblc without usable real servers has none', () => {
  assert.equal(Rig.of('lblc', [0, 0]).choose(), 0)
})
