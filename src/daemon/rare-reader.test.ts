import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RareReader } from './rare-reader.js'

test('what takes long to read is read seldom, each file for itself', () => {
  let nowMs = 0
  let reads = 0
  const cost: Record<string, number> = { slow: 5, quick: 0.001 }
  const reader = new RareReader(
    (file) => {
      nowMs += cost[file]
      return `${file} ${++reads}`
    },
    () => nowMs,
  )
  assert.equal(reader.read('slow'), 'slow 1')
  nowMs += 9999
  assert.equal(reader.read('slow'), 'slow 1')
  assert.equal(reader.read('quick'), 'quick 2')
  nowMs += 2
  assert.equal(reader.read('slow'), 'slow 3')
  assert.equal(reader.read('quick'), 'quick 4')
})
