import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Rig } from '../fixture.js'

const FALLBACK = 1
const PORT = 2

const byClient = (rig: Rig) => Array.from({ length: 40 }, (_, i) => rig.choose(`10.10.0.${2 + i}`)).join()
const byPort = (rig: Rig) => Array.from({ length: 40 }, (_, i) => rig.choose('10.10.0.2', 30_000 + 7 * i)).join()

const EQUAL =
  '12,13,11,12,12,13,11,12,12,13,13,12,13,11,13,12,11,12,12,13,11,11,11,11,13,13,11,13,12,12,13,12,12,12,12,11,12,11,12,13'

test('mh chooses by client as the kernel does', () => {
  assert.equal(byClient(Rig.of('mh', [1, 1, 1])), EQUAL)
  assert.equal(
    byClient(Rig.of('mh', [3, 1, 1])),
    '12,13,11,11,11,13,11,12,12,11,13,11,11,11,13,12,11,12,12,11,11,11,11,11,13,13,11,11,12,11,13,11,11,12,11,11,12,11,12,11',
  )
})

test('mh-port counts the port in as the kernel does', () => {
  assert.equal(
    byPort(Rig.of('mh', [1, 1, 1], PORT)),
    '12,13,13,11,13,13,12,13,11,11,13,11,11,11,13,11,12,12,11,11,13,11,13,11,11,11,13,12,11,12,13,13,13,11,11,12,12,13,11,12',
  )
})

test('mh leaves its table alone when a weight becomes 0; mh-fallback moves those clients only', () => {
  const rig = Rig.of('mh', [1, 1, 1])
  rig.edit(12, { weight: 0 })
  assert.equal(byClient(rig), EQUAL.replaceAll('12', '0'))
  rig.install({ ...rig.spec, schedulerFlags: FALLBACK })
  const moved = byClient(rig).split(',')
  EQUAL.split(',').forEach((choice, i) => {
    assert.ok(choice === '12' ? moved[i] === '11' || moved[i] === '13' : moved[i] === choice)
  })
})

test('mh: weights of more than 6 bits are scaled down, the smallest keeps a turn', () => {
  const rig = Rig.of('mh', [1000, 1])
  const choices = new Map<number, number>()
  for (let i = 0; i < 20_000; i++) {
    const id = rig.choose(`10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`)
    choices.set(id, (choices.get(id) ?? 0) + 1)
  }
  assert.ok(Math.abs((choices.get(12) ?? 0) / 20_000 - 1 / 63) < 0.005, `${choices.get(12)}`)
})

test('mh has none without destinations, without any weight, and when all are quiesced', () => {
  assert.equal(new Rig('mh', FALLBACK).choose(), 0)
  const rig = Rig.of('mh', [0, 0], FALLBACK)
  assert.equal(rig.choose(), 0)
  rig.edit(11, { weight: 1 })
  assert.equal(rig.choose(), 11)
  rig.edit(11, { weight: 0 })
  assert.equal(rig.choose(), 0)
})
