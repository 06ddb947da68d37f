import assert from 'node:assert/strict'
import { test } from 'node:test'
import { large } from './column.js'

test('numbers are scaled by whole division, nine wide', () => {
  const rows: [number, string][] = [
    [0, '        0'],
    [99_999_999, ' 99999999'],
    [100_000_000, '  100000K'],
    [999_999_999, '  999999K'],
    [1_000_000_000, '    1000M'],
    [99_999_999_999, '   99999M'],
    [100_000_000_000, '     100G'],
    [99_999_999_999_999, '   99999G'],
    [100_000_000_000_000, '     100T'],
    [Number.MAX_SAFE_INTEGER, '    9007T'],
  ]
  for (const [value, text] of rows) assert.equal(large(value, false), text, String(value))
})

test('exact numbers keep one blank before them', () => {
  assert.equal(large(0, true), '        0')
  assert.equal(large(12_345_678, true), ' 12345678')
  assert.equal(large(123_456_789, true), ' 123456789')
  assert.equal(large(Number.MAX_SAFE_INTEGER, true), ' 9007199254740991')
})
