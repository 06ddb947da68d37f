/** What is answered about a packet: held to api/explanation-view.ts. */
import { z } from '@hono/zod-openapi'
import type { ExplanationView, FailuresView, StepView } from '../../explanation-view.js'
import { connection } from './view.js'

const count = z.number().int().min(0)
const id = z.number().int()
const walk = {
  counted: z.array(id).openapi({ description: 'Rules and policies that count it, by id' }),
  kind: z.enum(['none', 'snat', 'masquerade', 'drop']),
}

export const question = z
  .object({
    protocol: z.enum(['tcp', 'udp', 'sctp']),
    client: z.string().openapi({ example: '192.0.2.100' }),
    clientPort: count.max(65535),
    virtual: z.string().openapi({ example: '192.0.2.45' }),
    virtualPort: count.max(65535),
  })
  .strict()
  .openapi('Question', { description: 'A packet by its addresses and ports' })

const drop = z
  .object({
    agoMs: count,
    reason: z.string(),
    protocol: count,
    source: z.string(),
    sourcePort: count,
    destination: z.string(),
    destinationPort: count,
    times: count.openapi({ description: 'How often in a row' }),
  })
  .openapi('Drop', { description: 'A packet that was dropped' })

const running = z
  .object({
    view: connection,
    reply: z.boolean(),
    service: id,
    destination: id,
    method: count,
    ageMs: count,
    packets: count,
    halfOpen: z.boolean().openapi({ description: 'Its handshake is not over' }),
    mtu: count,
  })
  .openapi('RunningConnection')

const candidate = z.object({
  destination: id,
  weight: count,
  active: count,
  inactive: count,
  upper: count,
  overloaded: z.boolean(),
})

const foreseen = z
  .object({
    marks: z.object({ ...walk, mark: count }),
    service: z.object({ id, by: z.enum(['mark', 'exact', 'any-port', 'ftp']) }).nullable(),
    template: z.union([connection, z.null()]),
    candidates: z.array(candidate),
    destination: id.openapi({ description: '0: none' }),
    method: count,
    port: count,
    mtu: count,
    source: z
      .object({
        ...walk,
        outcome: z.enum(['kept', 'translated', 'dry', 'drop']),
        address: z.string(),
        port: count,
        pool: z.string(),
      })
      .nullable(),
    reason: z.string().openapi({ description: "Why it would go no further; 'none': it would" }),
  })
  .openapi('ForeseenConnection', { description: 'What a new connection would meet' })

const step = z.object({
  step: z.string(),
  found: z.string(),
  because: z.array(z.string()),
}) satisfies z.ZodType<StepView>

export const explanation = z
  .object({
    ...question.shape,
    verdict: z.string(),
    good: z.boolean().openapi({ description: 'Such a packet gets through' }),
    steps: z.array(step),
    running: z.union([running, z.null()]),
    foreseen,
    drops: z.array(drop).openapi({ description: 'The latest first' }),
  } satisfies Record<keyof ExplanationView, z.ZodType>)
  .openapi('Explanation')

export const failures = z
  .object({ drops: z.array(drop) } satisfies Record<keyof FailuresView, z.ZodType>)
  .openapi('Failures')

export const failuresQuery = z.object({
  last: z.coerce.number().int().min(1).max(86_400).default(300).openapi({ description: 'Seconds to look back' }),
})
