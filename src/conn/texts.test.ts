import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Chance } from '../../test/fuzz/mutation.js'
import { LONGEST_TEXT, TEXT_BYTES, Texts } from './texts.js'

const SLOTS = 16
const AT = 8
const source = (text: string): DataView => new DataView(new TextEncoder().encode(`..${text}`).buffer)

test('texts come and go as in a naive map, also over memory that another left', () => {
  const chance = new Chance(3, 1)
  const memory = new ArrayBuffer(AT + SLOTS * TEXT_BYTES)
  let texts = new Texts(memory, AT, SLOTS)
  const twin = new Map<number, string>()
  for (let i = 0; i < 3000; i++) {
    const text = 'x'.repeat(1 + chance.below(LONGEST_TEXT - 4)) + (i % 1000)
    const [used] = twin.keys()
    if (chance.below(2) === 0 && used !== undefined) {
      texts.release(used)
      twin.delete(used)
    } else {
      const slot = texts.put(source(text), 2, text.length)
      assert.equal(slot < 0, twin.size === SLOTS)
      if (slot >= 0) twin.set(slot, text)
    }
    if (chance.below(50) === 0) {
      texts = new Texts(memory, AT, SLOTS)
      texts.adopt(new Set(twin.keys()))
    }
    for (const [slot, kept] of twin) {
      assert.equal(texts.read(slot), kept)
      assert.ok(texts.is(slot, source(kept), 2, kept.length))
      assert.ok(!texts.is(slot, source(`${kept}.`), 2, kept.length + 1))
    }
  }
})

test('a text that is too long, or none, is not kept', () => {
  const texts = new Texts(new ArrayBuffer(TEXT_BYTES), 0, 1)
  assert.equal(texts.put(source('x'.repeat(256)), 2, 256), -1)
  assert.equal(texts.put(source(''), 2, 0), -1)
  assert.equal(texts.put(source('x'.repeat(255)), 2, 255), 0)
  assert.equal(texts.read(0).length, 255)
})
