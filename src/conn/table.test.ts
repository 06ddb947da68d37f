import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  CLIENT,
  CLIENT_PORTS,
  Flag,
  META,
  REAL,
  REAL_PORTS,
  REPLY,
  REQUEST,
  SOURCE_ADDRESS,
  VIRTUAL,
} from './record.js'
import { bytesFor, ConnectionTable, type TableSeed } from './table.js'
import { Timers } from './timers.js'

const seed: TableSeed = { hash: [12345, 67890], boot: [1, 2, 3, 4] }
const TCP = 6

function fill(table: ConnectionTable, n: number): number {
  const handle = table.allocate()
  if (handle < 0) return handle
  const base = table.base(handle)
  table.words.set([0, 0, 0xffff, n, 0, 0, 0xffff, 1], base + CLIENT)
  table.words.set([0, 0, 0xffff, 2, 0, 0, 0xffff, 3], base + REAL)
  table.words[base + CLIENT_PORTS] = (n << 16) | 80
  table.words[base + REAL_PORTS] = (80 << 16) | n
  table.publish(handle, TCP)
  return handle
}

const requestKey = (n: number) => Int32Array.of(0, 0, 0xffff, n, 0, 0, 0xffff, 1)
const replyKey = Int32Array.of(0, 0, 0xffff, 2, 0, 0, 0xffff, 3)

test('a connection is found from both sides, and by nothing else', () => {
  const table = new ConnectionTable(new ArrayBuffer(bytesFor(64)), 64, seed)
  const handle = fill(table, 7)
  assert.equal(table.find(TCP, requestKey(7), 0, (7 << 16) | 80), (handle << 1) | REQUEST)
  assert.equal(table.find(TCP, replyKey, 0, (80 << 16) | 7), (handle << 1) | REPLY)
  assert.equal(table.find(17, requestKey(7), 0, (7 << 16) | 80), -1)
  assert.equal(table.find(TCP, requestKey(8), 0, (7 << 16) | 80), -1)
  assert.equal(table.find(TCP, requestKey(7), 0, (7 << 16) | 81), -1)
})

test('random insert and remove agree with a Map, up to a full table', () => {
  const step = fc.tuple(fc.boolean(), fc.integer({ min: 1, max: 60 }))
  fc.assert(
    fc.property(fc.array(step, { maxLength: 400 }), (steps) => {
      const table = new ConnectionTable(new ArrayBuffer(bytesFor(32)), 32, seed)
      const twin = new Map<number, number>()
      for (const [add, n] of steps) {
        const known = twin.get(n)
        if (add && known === undefined) {
          const handle = fill(table, n)
          assert.equal(handle < 0, twin.size === 32)
          if (handle >= 0) twin.set(n, handle)
        } else if (!add && known !== undefined) {
          table.remove(known)
          twin.delete(n)
        }
      }
      assert.equal(table.size, twin.size)
      for (let n = 1; n <= 60; n++) {
        const handle = twin.get(n)
        const expected = handle === undefined ? -1 : handle << 1
        assert.equal(table.find(TCP, requestKey(n), 0, (n << 16) | 80), expected)
        assert.equal(table.find(TCP, replyKey, 0, (80 << 16) | n), expected < 0 ? -1 : expected | REPLY)
      }
    }),
    { numRuns: 200 },
  )
})

test('a second process adopts the records, not the chains', () => {
  const memory = new ArrayBuffer(bytesFor(64))
  const first = new ConnectionTable(memory, 64, seed)
  const handles = [fill(first, 1), fill(first, 2), fill(first, 3)]
  first.remove(handles[1])

  const second = new ConnectionTable(memory, 64, { ...seed, hash: [99, 77] })
  assert.equal(
    second.adopt((handle) => handle !== handles[2]),
    1,
  )
  assert.equal(second.find(TCP, requestKey(1), 0, (1 << 16) | 80), handles[0] << 1)
  assert.equal(second.find(TCP, requestKey(3), 0, (3 << 16) | 80), -1)
  assert.deepEqual([second.next(-1), second.next(handles[0])], [handles[0], -1])
  const reused = [fill(second, 11), fill(second, 12)]
  assert.ok(new Set([...reused, handles[0]]).size === 3)
})

test('memory of another boot or another size is not believed', () => {
  const memory = new ArrayBuffer(bytesFor(64))
  fill(new ConnectionTable(memory, 64, seed), 1)
  const other = new ConnectionTable(memory, 64, { ...seed, boot: [9, 9, 9, 9] })
  assert.equal(
    other.adopt(() => true),
    0,
  )
})

test('a record not yet published is not found and not adopted', () => {
  const memory = new ArrayBuffer(bytesFor(8))
  const table = new ConnectionTable(memory, 8, seed)
  const base = table.base(table.allocate())
  table.words.set([0, 0, 0xffff, 5], base + CLIENT)
  table.words.set([0, 0, 0xffff, 5], base + VIRTUAL)
  table.words.set([0, 0, 0xffff, 5], base + SOURCE_ADDRESS)
  assert.equal(table.words[base + META] & Flag.live, 0)
  assert.equal(
    new ConnectionTable(memory, 8, seed).adopt(() => true),
    0,
  )
})

test('timers fire at their deadline and not before, whatever moves them', () => {
  const moves = fc.array(fc.tuple(fc.integer({ min: 0, max: 19 }), fc.integer({ min: 1, max: 90_000 })), {
    minLength: 1,
    maxLength: 80,
  })
  fc.assert(
    fc.property(moves, fc.integer({ min: 16, max: 4000 }), fc.integer(), (steps, stride, start) => {
      const table = new ConnectionTable(new ArrayBuffer(bytesFor(32)), 32, seed)
      let now = start | 0
      const timers = new Timers(table, now)
      const due = new Map<number, number>()
      const expire = (handle: number) => {
        const wanted = due.get(handle) ?? assert.fail('expired twice')
        assert.ok(((now - wanted) | 0) >= 0, 'too early')
        assert.ok(((now - wanted) | 0) <= Math.max(stride, 500) + 32, `late by ${(now - wanted) | 0} ticks`)
        due.delete(handle)
        table.remove(handle)
      }
      for (const [n, timeout] of steps) {
        const ref = table.find(TCP, requestKey(n), 0, (n << 16) | 80)
        const handle = ref < 0 ? fill(table, n) : ref >> 1
        timers.restart(table.base(handle), handle, now, timeout)
        due.set(handle, (now + timeout) | 0)
        now = (now + (timeout % 500)) | 0
        timers.advance(now, 1e6, expire)
        now = (now + stride) | 0
        timers.advance(now, 1e6, expire)
      }
      for (let i = 0; i < 100_000 / stride + 2; i++) {
        now = (now + stride) | 0
        timers.advance(now, 1e6, expire)
      }
      assert.equal(due.size, 0)
    }),
    { numRuns: 100 },
  )
})

test('one call looks at no more records than its budget', () => {
  const table = new ConnectionTable(new ArrayBuffer(bytesFor(64)), 64, seed)
  const timers = new Timers(table, 0)
  for (let n = 1; n <= 50; n++) {
    const handle = fill(table, n)
    timers.restart(table.base(handle), handle, 0, 10)
  }
  let expired = 0
  assert.equal(
    timers.advance(1000, 20, () => expired++),
    false,
  )
  assert.equal(expired, 20)
  assert.equal(
    timers.advance(1000, 1000, () => expired++),
    true,
  )
  assert.equal(expired, 50)
})

test('the cold part is its own, and zero again for the next connection and the next process', () => {
  const memory = new ArrayBuffer(bytesFor(8))
  const table = new ConnectionTable(memory, 8, seed)
  const [first, second] = [fill(table, 1), fill(table, 2)]
  for (const handle of [first, second]) {
    table.words[table.base(handle) + META] |= Flag.cold
    for (let at = table.coldBase(handle); at < table.coldBase(handle + 1); at++) table.words[at] = handle + 1
  }
  const coldOf = (of: ConnectionTable, handle: number) =>
    of.words.slice(of.coldBase(handle), of.coldBase(handle + 1)).join()
  table.remove(first)
  assert.match(coldOf(table, first), /^(0,)+0$/)
  assert.match(coldOf(table, second), /^(2,)+2$/)
  const next = new ConnectionTable(memory, 8, seed)
  next.adopt(() => false)
  assert.match(coldOf(next, second), /^(0,)+0$/)
})
