/** The golden packet table through the TypeScript engine. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cases } from './case/all.js'
import { EnginePath } from './engine-path.js'
import { run } from './golden-run.js'

for (const golden of cases) test(golden.name, () => run(new EnginePath(), golden))

test('no two cases have one name', () => {
  assert.equal(new Set(cases.map(({ name }) => name)).size, cases.length)
})
