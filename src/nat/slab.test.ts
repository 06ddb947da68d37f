import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Slab } from './slab.js'

test('records are zero when taken, keep what is written, and are used again', () => {
  const slab = new Slab(3)
  const read = (handle: number) => [...slab.block(handle).subarray(slab.at(handle), slab.at(handle) + 3)]
  const write = (handle: number) => slab.block(handle).fill(handle, slab.at(handle), slab.at(handle) + 3)
  const handles = Array.from({ length: 1000 }, () => slab.take())
  assert.equal(new Set(handles).size, 1000)
  assert.ok(!handles.includes(0))
  for (const handle of handles) write(handle)
  for (const handle of handles) assert.deepEqual(read(handle), [handle, handle, handle])
  const { bytes } = slab
  assert.ok(bytes >= 1000 * 3 * 4)
  for (const handle of handles) slab.give(handle)
  const again = Array.from({ length: 1000 }, () => slab.take())
  assert.deepEqual(new Set(again), new Set(handles))
  for (const handle of again) assert.deepEqual(read(handle), [0, 0, 0])
  assert.equal(slab.bytes, bytes)
})
