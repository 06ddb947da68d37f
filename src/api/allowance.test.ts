import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Allowance } from './allowance.js'

test('some at once, then so many a second, each key for itself', () => {
  const allowance = new Allowance(2, 3)
  const taken = (key: string, nowMs: number) =>
    Array.from({ length: 5 }, () => allowance.take(key, nowMs)).filter(Boolean)
  assert.equal(taken('a', 0).length, 3)
  assert.equal(taken('b', 0).length, 3)
  assert.equal(taken('a', 400).length, 0)
  assert.equal(taken('a', 500).length, 1)
  assert.equal(taken('a', 60_000).length, 3)
})

test('keys that nobody uses are forgotten, the oldest first', () => {
  const allowance = new Allowance(0, 1)
  for (let i = 0; i <= 10_000; i++) assert.ok(allowance.take(`${i}`, 0))
  assert.ok(!allowance.take('10000', 0))
  assert.ok(allowance.take('0', 0))
})
