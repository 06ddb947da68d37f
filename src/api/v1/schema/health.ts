/**
 * Checks and alerts as the API shows and takes them. The fields of a check come from its defaults (model/check.ts), so a
 * new kind of check is here by itself; what a value may be is store/health-shape.ts's to say.
 */
import { z } from '@hono/zod-openapi'
import { alertDefaults, mailDefaults } from '../../../model/alert.js'
import { checkDefaults, type Health, type ProbeKind, SECRET_FIELDS } from '../../../model/check.js'

/** A schema for values like this one, which is also what they are if they are left out. */
function like(value: unknown): z.ZodType {
  switch (typeof value) {
    case 'string':
      return z.string().default(value)
    case 'number':
      return z.number().int().default(value)
    case 'boolean':
      return z.boolean().default(value)
    default:
      return z.array(z.any()).default(value as unknown[])
  }
}

const likeAll = (values: object) =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, like(value)]))

const kinds = Object.keys(checkDefaults.probes) as ProbeKind[]
const checkOf = (kind: ProbeKind) =>
  z.strictObject({
    kind: z.literal(kind),
    ...likeAll(checkDefaults.timing),
    ...likeAll(checkDefaults.probes[kind]),
  })

export const check = z
  .discriminatedUnion('kind', kinds.map(checkOf) as [ReturnType<typeof checkOf>, ...ReturnType<typeof checkOf>[]])
  .openapi('Check', { description: 'Secrets are taken, never shown' })

const fallback = z.strictObject({
  address: z.string(),
  port: z.number().int(),
  method: z.enum(['masq', 'gate', 'tunnel']).default('masq'),
})

const given: Health = checkDefaults.health
export const health = z
  .strictObject({
    checks: z.array(check).default([]),
    onFailure: z.enum(['quiesce', 'remove']).default(given.onFailure),
    fallback: fallback.nullable().default(given.fallback),
    slowStartMs: z.number().int().default(given.slowStartMs),
    alerts: z.boolean().default(given.alerts),
  })
  .openapi('Health')

export const healthBody = z.strictObject({ health: health.nullable() }).openapi('HealthOfService')
export const checksBody = z.strictObject({ checks: z.array(check).nullable() }).openapi('ChecksOfServer')

export const admin = z.enum(['online', 'drain', 'halt']).openapi({
  description: 'drain takes no new connections, halt ends those it has as well',
})
export const maintenance = z
  .strictObject({
    admin,
    honourPersistence: z.boolean().default(true).openapi({
      description: 'Clients whom persistence ties to it still come while it drains',
    }),
  })
  .openapi('Maintenance')

export const alerts = z
  .strictObject({
    mail: z
      .strictObject({ ...likeAll(mailDefaults), to: z.array(z.string()) })
      .nullable()
      .default(null),
    webhooks: z.array(z.strictObject({ url: z.string(), token: z.string().default('') })).default([]),
    perMinute: z.number().int().default(alertDefaults.perMinute),
    poolFreePercent: z.number().int().default(alertDefaults.poolFreePercent),
  })
  .openapi('Alerts')

/** The same without what is nobody's business who may only read; '' where there is none. */
export const withoutSecrets = <T>(value: T): T =>
  JSON.parse(JSON.stringify(value), (name, each) => (SECRET_FIELDS.includes(name) && each !== '' ? '***' : each)) as T
