import assert from 'node:assert/strict'
import { test } from 'node:test'
import { icmpError, tcp } from '../../test/packets/build.js'
import { Reason } from '../failure/reason.js'
import { decode } from '../wire/decode.js'
import { Frame } from '../wire/frame.js'
import { COPY, STEERED, Twins } from './twins.js'

const ring = new Uint8Array(2048)
const view = new DataView(ring.buffer)

/** Of the server's error about a segment to its port; how much of its time to live is left is up to the way. */
function errorAbout(port: number, ttl = 64): Frame {
  const about = tcp({ from: '198.51.100.100:40000', to: `192.0.2.21:${port}` })
  const { bytes } = icmpError({ from: '192.0.2.21', to: '198.51.100.100', type: 3, code: 3, about, ttl })
  ring.set(bytes, 100)
  const frame = new Frame()
  assert.equal(decode(view, 100, 100 + bytes.length, frame), Reason.none)
  return frame
}

test('the second of two is known, whichever way it comes, once', () => {
  for (const [first, second] of [
    [COPY, STEERED],
    [STEERED, COPY],
  ] as const) {
    const twins = new Twins(view)
    assert.ok(!twins.isSecond(errorAbout(80), first))
    assert.ok(twins.isSecond(errorAbout(80, 63), second))
    assert.ok(!twins.isSecond(errorAbout(80), second), 'a third is the first of another pair')
  }
})

test('what comes by one way alone is never a second', () => {
  const twins = new Twins(view)
  for (let i = 0; i < 100; i++) assert.ok(!twins.isSecond(errorAbout(80), COPY))
})

test('errors about different packets are different', () => {
  const twins = new Twins(view)
  for (let port = 1; port <= 60; port++) assert.ok(!twins.isSecond(errorAbout(port), COPY))
  for (let port = 101; port <= 160; port++) assert.ok(!twins.isSecond(errorAbout(port), STEERED))
})

test('while many others come, a pair is known', () => {
  const twins = new Twins(view)
  assert.ok(!twins.isSecond(errorAbout(80), COPY))
  for (let port = 1001; port <= 1030; port++) twins.isSecond(errorAbout(port), COPY)
  assert.ok(twins.isSecond(errorAbout(80), STEERED))
})
