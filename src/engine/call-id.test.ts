import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findCallId, Place } from './call-id.js'

const AT = 5
const place = new Place()

function callId(text: string): string | null {
  const bytes = new TextEncoder().encode(`abc\r\n${text}x`)
  const found = findCallId(new DataView(bytes.buffer), AT, AT + text.length, place)
  return found ? text.slice(place.at - AT, place.at - AT + place.length) : null
}

const message = (line: string): string =>
  `INVITE sip:x SIP/2.0\r\nVia: SIP/2.0/UDP h\r\n${line}\r\nCSeq: 1 INVITE\r\n\r\n`

const found: [string, string][] = [
  ['Call-ID: f81d4fae@foo.bar', 'f81d4fae@foo.bar'],
  ['call-id:f81d4fae', 'f81d4fae'],
  ['CALL-ID \t: \t f81d4fae@h', 'f81d4fae@h'],
  ['i: f81d4fae@h', 'f81d4fae@h'],
  ['I:f81d4fae@h', 'f81d4fae@h'],
  ['Call-ID: -.!%*_+`\'~()<>:\\"/[]?{}', '-.!%*_+`\'~()<>:\\"/[]?{}'],
  ['Info: no\r\nInit: no\r\nCall-ID: yes', 'yes'],
  [`Call-ID: ${'x'.repeat(255)}`, 'x'.repeat(255)],
]
for (const [line, id] of found) test(`found: ${line.slice(0, 40)}`, () => assert.equal(callId(message(line)), id))

const missed = [
  'Call-ID: a b',
  'Call-ID: a@',
  'Call-ID:',
  'Call-IDs: a',
  'Call: a',
  ' Call-ID: a',
  `Call-ID: ${'x'.repeat(256)}`,
]
for (const line of missed) test(`not found: ${line.slice(0, 40)}`, () => assert.equal(callId(message(line)), null))

test('lines end with CR, LF or both, and the value with its line', () => {
  assert.equal(callId('x\nCall-ID: a@b\n'), 'a@b')
  assert.equal(callId('x\rCall-ID: a@b\r'), 'a@b')
  assert.equal(callId('x\r\nCall-ID: a@b'), null)
  assert.equal(callId('Call-ID: a@b\r\n'), null, 'the first line is no header')
  assert.equal(callId(''), null)
  assert.equal(callId('\r\n'), null)
})
