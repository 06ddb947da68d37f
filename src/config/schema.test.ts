import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { configSchema } from './schema.js'

test('the published schema is of this description: node scripts/config-schema.mjs writes it', () => {
  const published = readFileSync(join(import.meta.dirname, '../../../docs/fullnat.schema.json'), 'utf8')
  assert.deepEqual(JSON.parse(published), JSON.parse(JSON.stringify(configSchema())))
})
