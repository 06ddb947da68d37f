import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LocalityCache } from './locality.js'

const MINUTE_MS = 60_000

const key = (n: number) => Int32Array.of(0, 0, 0xffff, n)

const filled = (entries: number, nowMs: number) => {
  const released: number[] = []
  const cache = new LocalityCache(
    (entry) => released.push(entry),
    () => 24 * 60 * MINUTE_MS,
  )
  cache.find(key(0), 0, 0)
  for (let n = 0; n < entries; n++) cache.insert(key(n), 0, nowMs)
  return { cache, released }
}

test('an entry is found by its address', () => {
  const { cache } = filled(500, 0)
  assert.notEqual(cache.find(key(1), 0, 1), cache.find(key(499), 0, 1))
  assert.equal(cache.find(key(500), 0, 1), -1)
})

test('beyond 16384 entries, idle ones go: four thirds of the excess, none used in the last six minutes', () => {
  const { cache, released } = filled(16_384 + 300, 0)
  cache.find(key(7), 0, 5 * MINUTE_MS)
  for (let minute = 1; minute < 6; minute++) cache.find(key(7), 0, minute * MINUTE_MS)
  assert.equal(released.length, 0)
  cache.find(key(7), 0, 6 * MINUTE_MS)
  assert.equal(released.length, 400)
  assert.ok(cache.find(key(7), 0, 6 * MINUTE_MS) >= 0)
})

test('every half hour, entries idle for a day go', () => {
  const { cache, released } = filled(100, 0)
  let minute = 1
  for (; released.length === 0 && minute < 2000; minute++) cache.find(key(7), 0, minute * MINUTE_MS)
  assert.equal(released.length, 99)
  assert.ok(minute > 24 * 60 && minute <= 24 * 60 + 31, `${minute}`)
  assert.ok(cache.find(key(7), 0, minute * MINUTE_MS) >= 0)
})

test('a full cache remembers no more, and gives all back when cleared', () => {
  const { cache, released } = filled(32_768, 0)
  assert.equal(cache.insert(key(99_999), 0, 0), -1)
  cache.clear()
  assert.equal(new Set(released).size, 32_768)
  assert.equal(cache.find(key(5), 0, 0), -1)
  assert.ok(cache.insert(key(5), 0, 0) >= 0)
})
