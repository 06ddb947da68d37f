/** What the routes of /v1 have in common: problems, the revision as an ETag, and changes that say who made them. */
import { type OpenAPIHono, z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import type { Command } from '../../commands/command.js'
import { Failure } from '../../failure/failure.js'
import type { Peer, Principal } from '../access.js'
import type { Director } from '../director.js'
import { parseCommand } from '../schema.js'
import { problem } from './schema/view.js'

export interface Environment {
  Bindings: { peer: Peer }
  Variables: { principal: Principal }
}
export type App = OpenAPIHono<Environment>

const problemContent = { content: { 'application/problem+json': { schema: problem } } }

/** `description` of a good answer, its body, and the problems that all routes have. */
export const answers = <T extends z.ZodType>(description: string, schema: T) => ({
  200: {
    description,
    content: { 'application/json': { schema } },
    headers: z.object({ ETag: z.string().optional().openapi({ description: 'The revision, for If-Match' }) }),
  },
  default: { description: 'A problem', ...problemContent },
})

export const bodyOf = <T extends z.ZodType>(schema: T) => ({
  required: true as const,
  content: { 'application/json': { schema } },
})

export const ifMatch = z.object({
  'if-match': z.string().optional().openapi({
    description: 'The ETag a change is based on: 412 if the configuration has changed since',
    example: '"7"',
  }),
})

/** What a change leaves behind. */
export const changed = z.object({ revision: z.number().int() }).openapi('Changed')

export const etag = (revision: number): string => `"${revision}"`

/** A command whose values are checked yet: a schema says less than the model. */
type MadeCommand = { kind: Command['kind'] } & Record<string, unknown>

/** One change as a whole has one command here, so it is made or not; Failure('revision-conflict') and the command's own. */
export async function change(c: Context<Environment>, director: Director, made: MadeCommand) {
  const before = { by: c.var.principal.name, ifRevision: revisionWanted(c.req.header('if-match')) }
  const [result] = await director.commands([parseCommand(made)], before)
  if (!result.ok) throw new Failure(result.failure.code, result.failure.message, result.failure.facts)
  const { revision } = director.state
  c.header('ETag', etag(revision))
  return { revision }
}

/** null: any. Failure('bad-request'). */
function revisionWanted(header: string | undefined): number | null {
  if (header === undefined || header === '*') return null
  const [, digits] = /^"(\d{1,15})"$/.exec(header) ?? []
  if (digits === undefined) throw new Failure('bad-request', `If-Match takes one ETag such as "7", not ${header}`)
  return Number(digits)
}
