import assert from 'node:assert/strict'
import { test } from 'node:test'
import { shortCount } from './count.js'

test('counts are rounded to thousands until they are short', () => {
  for (const [count, text] of [
    [0, '0'],
    [99_999, '99999'],
    [100_000, '100K'],
    [1_234_567, '1235K'],
    [9_999_499, '9999K'],
    [9_999_500, '10M'],
    [10_000_000_000, '10G'],
    [99_999_999_999_999, '100T'],
    [Number.MAX_SAFE_INTEGER, '9007T'],
  ] as const)
    assert.equal(shortCount(count), text)
})
