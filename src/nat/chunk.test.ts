import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CHUNK_WORDS, type ChunkSpec, Extent } from './chain.js'
import { haveChunks } from './chunk.js'
import { packet } from './fixture.js'

const [DATA, INIT, SACK] = [0, 1, 3]

/** Chunks of type, flags and length, behind four bytes of something else. */
function carrying(...chunks: [type: number, flags: number, length: number][]) {
  const bytes = chunks.flatMap(([type, flags, length]) => {
    const padded = Array<number>((length + 3) & ~3).fill(0xee)
    return [type, flags, length >> 8, length & 255, ...padded.slice(4)]
  })
  const view = new DataView(Uint8Array.of(9, 9, 9, 9, ...bytes).buffer)
  return packet('10.0.0.2 172.16.0.11 10.0.0.100', { protocol: 132, view, listFrom: 4, listTo: 4 + bytes.length })
}

function spec(extent: number, types: number[] | 'ALL', flags: ChunkSpec['flags'] = []): ChunkSpec {
  const words = Array<number>(CHUNK_WORDS).fill(types === 'ALL' ? -1 : 0)
  if (types !== 'ALL') for (const type of types) words[type >>> 5] |= 1 << (type & 31)
  return { invert: false, extent, types: words, flags }
}

test('any, all and only these types', () => {
  const { any, all, only } = Extent
  const two = carrying([SACK, 0, 16], [DATA, 3, 17])
  for (const [asked, extent, types, expected] of [
    [two, any, [DATA], true],
    [two, any, [INIT], false],
    [two, any, [], false],
    [two, all, [DATA], true],
    [two, all, [DATA, SACK], true],
    [two, all, [DATA, INIT], false],
    [two, all, 'ALL', false],
    [two, all, [], true],
    [two, only, [DATA, SACK, INIT], true],
    [two, only, [DATA], false],
    [two, only, 'ALL', true],
    [two, only, [], false],
    [carrying([193, 0, 8]), any, [193], true],
    [carrying([193, 0, 8]), any, [192], false],
  ] as const) {
    const one = spec(extent, types === 'ALL' ? types : [...types])
    const what = `${extent} ${types}`
    assert.equal(haveChunks([one], asked), expected, what)
    assert.equal(haveChunks([{ ...one, invert: true }], asked), !expected, `not ${what}`)
  }
})

test('a type may ask for flags', () => {
  const begins = spec(Extent.any, [DATA, INIT], [{ type: DATA, mask: 3, set: 2 }])
  assert.equal(haveChunks([begins], carrying([DATA, 2, 20])), true)
  assert.equal(haveChunks([begins], carrying([DATA, 6, 20])), true)
  assert.equal(haveChunks([begins], carrying([DATA, 3, 20])), false)
  assert.equal(haveChunks([begins], carrying([DATA, 3, 20], [DATA, 2, 20])), true)
  assert.equal(haveChunks([begins], carrying([INIT, 1, 20])), true)
})

test('what has no chunks that can be read matches nothing', () => {
  const cut = carrying([SACK, 0, 16], [DATA, 0, 20])
  for (const asked of [carrying(), carrying([DATA, 0, 0]), Object.assign(cut, { listTo: 22 })])
    for (const invert of [false, true])
      assert.equal(haveChunks([{ ...spec(Extent.only, 'ALL'), invert }], asked), false)
})
