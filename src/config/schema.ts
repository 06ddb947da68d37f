/** The JSON schema of a configuration file (draft-07, which editors' YAML modes know), from the description that reads it. */
import { CHECK_DEFINITION } from './format/check.js'
import { file } from './format/file.js'
import type { Schema } from './type.js'

export const configSchema = (): Schema => ({
  $schema: 'http://json-schema.org/draft-07/schema#',
  title: 'fullnat.yaml',
  description: 'What a director of fullnat does: services, servers, checks, nat rules, settings',
  ...file.schema,
  definitions: { check: CHECK_DEFINITION },
})
