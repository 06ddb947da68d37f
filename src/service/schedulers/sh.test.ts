import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Rig } from '../fixture.js'

const FALLBACK = 1
const PORT = 2

const byClient = (rig: Rig) => Array.from({ length: 40 }, (_, i) => rig.choose(`10.10.0.${2 + i}`)).join()
const byPort = (rig: Rig) => Array.from({ length: 40 }, (_, i) => rig.choose('10.10.0.2', 30_000 + 7 * i)).join()

const EQUAL =
  '11,13,12,13,12,13,12,11,12,11,12,11,13,11,13,11,13,12,13,12,13,12,11,12,13,13,11,13,11,12,12,13,12,13,12,11,12,13,12,11'

test('sh chooses by client as the kernel does', () => {
  assert.equal(byClient(Rig.of('sh', [1, 1, 1])), EQUAL)
  assert.equal(
    byClient(Rig.of('sh', [3, 1, 1])),
    '13,11,11,11,11,11,11,12,11,12,11,12,11,12,11,12,11,13,11,13,11,13,11,13,11,11,11,11,11,13,12,11,12,11,12,11,12,11,12,11',
  )
})

test('sh has none where its choice is quiesced', () => {
  assert.equal(byClient(Rig.of('sh', [1, 0, 1])), EQUAL.replaceAll('12', '0'))
})

test('sh-fallback looks on as the kernel does', () => {
  assert.equal(
    byClient(Rig.of('sh', [1, 0, 1], FALLBACK)),
    '11,13,11,13,11,13,11,11,11,11,11,11,13,11,13,11,13,11,13,11,13,11,11,11,13,13,11,13,11,11,11,13,11,13,11,11,11,13,11,11',
  )
  assert.equal(Rig.of('sh', [0, 0, 0], FALLBACK).choose(), 0)
})

test('sh-port counts the port in as the kernel does', () => {
  assert.equal(
    byPort(Rig.of('sh', [1, 1, 1], PORT)),
    '13,13,12,11,13,13,11,11,13,12,11,11,12,12,11,13,12,12,13,13,13,11,11,13,12,11,11,12,12,11,13,12,12,13,13,12,12,13,13,12',
  )
})

test('sh without destinations has none', () => {
  assert.equal(new Rig('sh', FALLBACK).choose(), 0)
})
