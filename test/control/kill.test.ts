import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import * as fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { call } from '../../src/api/client.js'
import type { CommandResult, ServicesView, StatusView } from '../../src/api/routes.js'
import { addService, serviceKey } from './command.js'

const PROGRAM = new URL('./process.js', import.meta.url).pathname

async function begin(folder: string): Promise<ChildProcess> {
  const child = spawn(process.execPath, [PROGRAM, folder], { stdio: ['ignore', 'pipe', 'inherit'] })
  await once(child.stdout!, 'data')
  return child
}

/** Adds services one by one; soon after the tenth answer the director is killed. The ports that were answered. */
async function addUntilKilled(child: ChildProcess, from: number, delayMs: number): Promise<number[]> {
  const answered: number[] = []
  for (let port = from; ; port++) {
    try {
      const [result] = await call<CommandResult[]>('POST', '/commands', [addService(serviceKey(port))])
      assert.ok(result.ok)
      answered.push(port)
      if (answered.length === 10) setTimeout(() => child.kill('SIGKILL'), delayMs)
    } catch {
      return answered
    }
  }
}

test('a director killed amid changes comes back with each that was answered, and takes its name again', async (t) => {
  const folder = fs.mkdtempSync(join(tmpdir(), 'fullnat-kill-'))
  process.env.FULLNAT_SOCKET = `fullnat-kill-${process.pid}`
  t.after(() => fs.rmSync(folder, { recursive: true }))
  const answered: number[] = []
  for (let round = 0; round < 5; round++) {
    const child = await begin(folder)
    const ended = once(child, 'exit')
    answered.push(...(await addUntilKilled(child, 1000 * round + 1, 3 * round)))
    await ended
  }
  assert.ok(answered.length >= 50, `${answered.length} changes were answered`)
  const last = await begin(folder)
  const { warnings } = await call<StatusView>('GET', '/status')
  assert.ok(!warnings.some((line) => line.includes('state.json')), warnings.join('\n'))
  const { services } = await call<ServicesView>('GET', '/services')
  const ports = new Set(services.map(({ port }) => port))
  assert.deepEqual(
    answered.filter((port) => !ports.has(port)),
    [],
  )
  const ended = once(last, 'exit')
  await call('POST', '/down')
  assert.deepEqual(await ended, [0, null])
})
