/** What health checks found, with the evidence: held to health/view.ts, with names in the place of keys. */
import { z } from '@hono/zod-openapi'
import type { ChangeView, CheckView, OutcomeView, ServerView, ServiceHealthView } from '../../../health/view.js'
import { checkDefaults, type ProbeKind } from '../../../model/check.js'
import { admin } from './health.js'

const count = z.number().int().min(0)
const kind = z.enum(Object.keys(checkDefaults.probes) as [ProbeKind, ...ProbeKind[]])

const outcome = {
  good: z.boolean(),
  reason: z.string().openapi({ description: "Why not; '' if it is good" }),
  at: z.number().openapi({ description: 'When it began, ms since 1970' }),
  tookMs: z.number(),
  sent: z.string(),
  received: z.string(),
} satisfies Record<keyof OutcomeView, z.ZodType>

const check = z
  .object({ kind, port: count, up: z.boolean(), streak: count, last: z.object(outcome).nullable() })
  .openapi('CheckFinding') satisfies z.ZodType<CheckView>

const change = z.object({ ...outcome, up: z.boolean(), check: kind }).openapi('ChangeOfState', {
  description: 'A change of state, and the answer that brought it about',
}) satisfies z.ZodType<ChangeView>

const server = z
  .object({
    id: z.number().int(),
    server: z.string(),
    admin,
    up: z.boolean(),
    since: z.number(),
    weight: count,
    effectiveWeight: count,
    checks: z.array(check),
    changes: z.array(change).openapi({ description: 'The newest last' }),
  } satisfies Record<Exclude<keyof ServerView, 'address' | 'port'> | 'server', z.ZodType>)
  .openapi('ServerFinding')

export const finding = z
  .object({
    id: z.number().int(),
    service: z.string(),
    up: z.boolean().openapi({ description: 'Whether any of its own servers takes connections' }),
    onFallback: z.boolean(),
    servers: z.array(server),
  } satisfies Record<Exclude<keyof ServiceHealthView, 'key'> | 'service', z.ZodType>)
  .openapi('Finding')

export const findings = z.object({ services: z.array(finding) }).openapi('Findings')

export type FindingView = z.infer<typeof finding>
