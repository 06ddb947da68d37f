import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'
import { checkout, ended, inLab, Lab } from './lab.js'
import { Running } from './network.js'

const startDemo = () => {
  const child = spawn(process.execPath, [join(checkout, 'dist/test/netns/demo.js')])
  return { child, demo: new Running(child) }
}

test('the demo shows what it promises, and its laboratory is gone', inLab(), async () => {
  const { child, demo } = startDemo()
  assert.equal(await ended(child), 0, demo.lines.join('\n'))
  assert.equal(demo.lines.filter((line) => line.startsWith('    ok: ')).length, 13)
  assert.deepEqual(Lab.find(`fullnat-${child.pid}`), [])
})

test('interrupted, the demo says so and its laboratory is gone', inLab(), async () => {
  const { child, demo } = startDemo()
  await demo.line(/ok: /, 30_000)
  child.kill('SIGINT')
  assert.equal(await ended(child), 1)
  await demo.line(/stopped; everything it made is gone/)
  assert.deepEqual(Lab.find(`fullnat-${child.pid}`), [])
})
