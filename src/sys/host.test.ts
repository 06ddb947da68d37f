import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'
import { bootId, monotonicMs, netnsInode } from './host.js'

/** The same, asked by another process. */
const elsewhere = (expression: string): string => {
  const module = new URL('./host.js', import.meta.url).href
  const program = `import('${module}').then((host) => console.log(host.${expression}))`
  return execFileSync(process.execPath, ['-e', program], { encoding: 'utf8' }).trim()
}

test('every process of one boot has one clock', () => {
  const before = monotonicMs()
  const between = Number(elsewhere('monotonicMs()'))
  assert.ok(before < between && between < monotonicMs())
})

test('boot and network namespace are the same for another process here', () => {
  assert.match(bootId(), /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
  assert.equal(elsewhere('bootId()'), bootId())
  assert.equal(elsewhere('netnsInode()'), String(netnsInode()))
})
