import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { Worker } from 'node:worker_threads'

/** Watches a FIFO that can be read, and throws. */
const PROGRAM = `
const { fifo, poll } = require('node:worker_threads').workerData
const fs = require('node:fs')
import(poll).then(({ watchReadable }) => {
  const fd = fs.openSync(fifo, fs.constants.O_RDWR | fs.constants.O_NONBLOCK)
  fs.writeSync(fd, 'x')
  watchReadable(fd, (status) => { throw new Error('thrown at status ' + status) })
})`

test('what a callback throws ends its thread, not the process', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'fullnat-poll-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const fifo = join(folder, 'fifo')
  execFileSync('mkfifo', [fifo])
  const poll = new URL('./poll.js', import.meta.url).href
  const worker = new Worker(PROGRAM, { eval: true, workerData: { fifo, poll } })
  const [error] = await once(worker, 'error')
  assert.equal(error.message, 'thrown at status 0')
})
