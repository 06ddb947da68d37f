import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { Worker } from 'node:worker_threads'
import { Failure } from '../failure/failure.js'
import { mapFile } from './memory.js'

const PAGE = 4096

function fileIn(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'fullnat-memory-'))
  t.after(() => rmSync(folder, { recursive: true }))
  return join(folder, 'mapped')
}

test('a mapping is the file: made private, grown, never cut', (t) => {
  const path = fileIn(t)
  const first = new Uint8Array(mapFile(path, PAGE))
  assert.equal(statSync(path).mode & 0o777, 0o600)
  first[7] = 42
  assert.equal(readFileSync(path)[7], 42)
  const larger = new Uint8Array(mapFile(path, 3 * PAGE))
  assert.equal(larger.length, 3 * PAGE)
  assert.equal(larger[7], 42)
  larger[7] = 43
  assert.equal(first[7], 43, 'both are the same memory')
  assert.equal(mapFile(path, PAGE).byteLength, PAGE)
  assert.equal(statSync(path).size, 3 * PAGE)
})

test('what a file held before is found', (t) => {
  const path = fileIn(t)
  writeFileSync(path, 'fullnat')
  assert.equal(Buffer.from(mapFile(path, PAGE)).toString('latin1', 0, 8), 'fullnat\0')
})

test('a worker that maps the file sees the same memory, by Atomics too', async (t) => {
  const path = fileIn(t)
  const words = new Int32Array(mapFile(path, PAGE))
  const module = new URL('./memory.js', import.meta.url).href
  const program = `import('${module}').then(({ mapFile }) => Atomics.add(new Int32Array(mapFile('${path}', ${PAGE})), 3, 5))`
  const worker = new Worker(program, { eval: true })
  await new Promise((done, fail) => worker.once('exit', done).once('error', fail))
  assert.equal(Atomics.load(words, 3), 5)
})

test('a file that cannot be had is a Failure that names it', (t) => {
  const path = join(fileIn(t), 'missing', 'file')
  assert.throws(
    () => mapFile(path, PAGE),
    (error: Failure) => {
      assert.ok(error instanceof Failure)
      assert.equal(error.code, 'internal')
      assert.equal(error.message, `opening ${path}: no such file or directory (ENOENT)`)
      return true
    },
  )
})
