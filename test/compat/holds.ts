/** Tests that hold a suite's command files against their recordings. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { test } from 'node:test'
import { oracleIsHere, play, type Suite } from './suite.js'

export function holds(suite: Suite): void {
  const met = new Set<string>()
  const plays = async (whose: 'oracle' | 'ours', name: string) => {
    for (const { line, answered, expected, reason } of await play(suite, whose, name)) {
      assert.equal(answered, expected, `$ ${line}`)
      if (reason) met.add(line)
    }
  }
  const skip = !oracleIsHere && 'the recordings of real LVS are not beside the checkout'
  for (const name of suite.oracle) test(`oracle/${name}`, { skip }, () => plays('oracle', name))
  for (const name of suite.ours) test(name, () => plays('ours', name))

  test('every difference was met, and is explained', { skip }, () => {
    const known = Object.values(suite.differences).flatMap((lines) => Object.keys(lines))
    assert.deepEqual(
      known.filter((line) => !met.has(line)),
      [],
    )
    const page = readFileSync(resolve(import.meta.dirname, '../../../docs/differences.md'), 'utf8')
    for (const title of Object.keys(suite.differences)) assert.ok(page.includes(`\n### ${title}\n`), title)
  })
}
