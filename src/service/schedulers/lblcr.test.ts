import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Rig } from '../fixture.js'

const DAY_MS = 24 * 3_600_000

const activated = (rig: Rig, id: number, times: number) => {
  for (let i = 0; i < times; i++) {
    rig.table.destinations.opened(rig.destination(id))
    rig.table.destinations.activate(rig.destination(id))
  }
}

const emptied = (rig: Rig, id: number) => {
  const { destinations } = rig.table
  const slot = rig.destination(id)
  while (destinations.active[slot] > 0) destinations.deactivate(slot)
  while (destinations.inactive[slot] > 0) destinations.closed(slot)
}

test('lblcr keeps one address with one real server', () => {
  assert.equal(Rig.of('lblcr', [1, 1, 1]).sequence(5), '13 13 13 13 13')
})

/** Address of the VIP served by 12 and 11: 12 was crowded while 11 idled. */
const replicated = () => {
  const rig = Rig.of('lblcr', [4, 4])
  assert.equal(rig.choose(), 12)
  activated(rig, 12, 5)
  assert.equal(rig.choose(), 11)
  return rig
}

test('lblcr adds a real server to the set when the best one is crowded, and then takes the least loaded member', () => {
  const rig = replicated()
  activated(rig, 11, 3)
  emptied(rig, 12)
  assert.equal(rig.choose(), 12)
  activated(rig, 12, 4)
  assert.equal(rig.choose(), 11)
})

test('lblcr lets the most loaded member go after a day without change', () => {
  const rig = replicated()
  const { refs } = rig.table.destinations
  rig.nowMs = DAY_MS
  emptied(rig, 11)
  assert.equal(rig.choose(), 11)
  assert.equal(refs[rig.destination(12)], 6)
  rig.nowMs = DAY_MS + 1
  assert.equal(rig.choose(), 11)
  assert.equal(refs[rig.destination(12)], 5)
  emptied(rig, 12)
  activated(rig, 11, 2)
  assert.equal(rig.choose(), 11)
})

test('lblcr leaves quiesced and removed members out', () => {
  const rig = replicated()
  rig.edit(11, { weight: 0 })
  assert.equal(rig.choose(), 12)
  rig.remove(12)
  assert.equal(rig.choose(), 0)
})

test('lblcr holds each member once, until it goes', () => {
  const rig = replicated()
  const { refs } = rig.table.destinations
  for (let i = 0; i < 10; i++) rig.choose()
  assert.deepEqual([refs[rig.destination(11)], refs[rig.destination(12)]], [1, 6])
  rig.table.install([])
  assert.deepEqual([refs[rig.destination(11)], refs[rig.destination(12)]], [0, 5])
})
