/** Writes the JSON schema of fullnat.yaml: config-schema.mjs [FILE], after the compiler. A test compares the committed one. */
import { writeFileSync } from 'node:fs'
import { configSchema } from '../dist/src/config/schema.js'

const [file = 'docs/fullnat.schema.json'] = process.argv.slice(2)
writeFileSync(file, `${JSON.stringify(configSchema(), null, 2)}\n`)
