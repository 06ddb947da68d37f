import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { quoted, wordsOf } from './quote.js'

test('what is quoted is one word again', () => {
  fc.assert(fc.property(fc.string(), (text) => assert.deepEqual(wordsOf(`a ${quoted(text)} b`), ['a', text, 'b'])))
})

test('words of a line', () => {
  assert.deepEqual(wordsOf('-A  POSTROUTING\t-m "a b" "" "c\\"d" x"y z" open"end'), [
    '-A',
    'POSTROUTING',
    '-m',
    'a b',
    '',
    'c"d',
    'xy z',
    'openend',
  ])
})
