/**
 * fullnat beside what real LVS answered: every case of every scenario. A case may differ only where difference.ts says
 * so, with a reason that docs/differences.md gives; one that is said to differ and does not is an error as well.
 */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { checkout, inLab } from '../netns/lab.js'
import { differences } from './difference.js'
import { compare, isExpected, type Result } from './result.js'
import { readRecording, type Scenario, scenarios } from './scenario.js'

/** Scenarios at once: they mostly wait. */
const AT_ONCE = 3

const list = scenarios()

test('every scenario beside its recording', { ...inLab(1_200_000), concurrency: AT_ONCE }, async (t) => {
  const play = async (scenario: Scenario) => {
    const results = await compare(scenario, readRecording(scenario))
    assert.equal(
      results
        .filter((result) => !isExpected(result))
        .map(complaint)
        .join('\n'),
      '',
    )
  }
  await Promise.all(list.map((scenario) => t.test(scenario.name, () => play(scenario))))
})

const complaint = ({ name, equal, real, fullnat }: Result): string =>
  equal ? `${name}: is equal, but difference.ts says it is not` : `${name}:\n--- real\n${real}\n--- fullnat\n${fullnat}`

test('every difference is of a case that there is, and is explained', () => {
  const page = readFileSync(join(checkout, 'docs/differences.md'), 'utf8')
  const recorded = new Map(list.map((scenario) => [scenario.name, readRecording(scenario)]))
  for (const [title, names] of Object.entries(differences)) {
    assert.ok(page.includes(`\n### ${title}\n`), `docs/differences.md does not explain: ${title}`)
    for (const name of names) {
      const at = name.indexOf(': ')
      assert.ok(recorded.get(name.slice(0, at))?.has(name.slice(at + 2)), `no such case: ${name}`)
    }
  }
})
