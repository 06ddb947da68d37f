import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { coalesce } from './coalesce.js'

test('requests while one runs share one further run, and runs never overlap', async () => {
  let running = 0
  let runs = 0
  const ask = coalesce(async () => {
    assert.equal(++running, 1)
    runs++
    await turn()
    running--
  })
  const first = ask()
  await Promise.resolve()
  await Promise.resolve()
  assert.equal(runs, 1)
  await Promise.all([first, ask(), ask(), ask()])
  assert.equal(runs, 2)
  await ask()
  assert.equal(runs, 3)
})

test('a failure reaches those it was run for, and nobody after', async () => {
  let fails = true
  const ask = coalesce(async () => {
    if (fails) throw new Error('refused')
  })
  await assert.rejects(ask(), /refused/)
  fails = false
  await ask()
})
