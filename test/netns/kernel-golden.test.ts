/** The golden packet table, and random histories, through the program in the kernel with the engine behind it. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { checkout, Lab } from './lab.js'
import { ROUTES } from './one-neighbour.js'

const skip = process.getuid?.() === 0 ? false : 'BPF programs need root'

test('the golden table through BPF_PROG_TEST_RUN', { skip, timeout: 120_000 }, async (t) => {
  const lab = await Lab.open()
  t.after(() => lab.close())
  await lab.must('', ['bash', '-c', ROUTES])
  const program = join(checkout, 'dist/test/packets/kernel-golden.js')
  const { cases, carried, failures } = JSON.parse(await lab.must('', ['node', program], { timeoutMs: 100_000 }))
  assert.deepEqual(failures, [], `${failures.length} of ${cases} cases`)
  assert.ok(carried >= 200, `the program itself carried ${carried} packets`)
})

test('what the program counted for an engine that died is counted once', { skip, timeout: 60_000 }, async (t) => {
  const lab = await Lab.open()
  t.after(() => lab.close())
  await lab.must('', ['bash', '-c', ROUTES])
  const program = join(checkout, 'dist/test/packets/kernel-takeover.js')
  const { carried, active, inactive } = JSON.parse(await lab.must('', ['node', program]))
  assert.deepEqual({ carried, active, inactive }, { carried: 4, active: 0, inactive: 1 })
})

test('random histories come out as from the engine alone', { skip, timeout: 120_000 }, async (t) => {
  const lab = await Lab.open()
  t.after(() => lab.close())
  await lab.must('', ['bash', '-c', ROUTES])
  const program = join(checkout, 'dist/test/packets/kernel-differential.js')
  const { carried, early, differences } = JSON.parse(await lab.must('', ['node', program], { timeoutMs: 100_000 }))
  assert.deepEqual(differences, [])
  assert.ok(carried > 15_000, `the program itself carried ${carried} packets`)
  assert.ok(early > 200, `it took ${early} ports from connections in TIME_WAIT`)
})
