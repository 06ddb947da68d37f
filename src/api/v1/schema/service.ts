/** Services and servers as the API shows and takes them; what is left out is the table of defaults'. */
import { z } from '@hono/zod-openapi'
import type { DestinationOptions } from '../../../commands/command.js'
import type { DestinationCounters, Traffic } from '../../../engine/data-plane.js'
import { SCHEDULERS } from '../../../model/scheduler.js'
import type { ServiceOptions } from '../../../model/service.js'
import { defaults } from '../../../model/state.js'
import { admin, check, health } from './health.js'
import { serverBody, serviceBody } from './name.js'

const INT_MAX = 0x7fffffff
const U32_MAX = 0xffffffff
const count = z.number().int().min(0)
const upTo = (most: number) => z.number().int().min(0).max(most)

const serviceOptions = {
  scheduler: z.enum(SCHEDULERS),
  schedulerFlags: upTo(7).openapi({ description: "The scheduler's flags as bits: flag-1, flag-2, flag-3" }),
  persistence: upTo(INT_MAX).openapi({ description: 'Seconds; 0: not persistent' }),
  persistenceMask: upTo(128).openapi({ description: 'Prefix length that groups clients' }),
  persistenceEngine: z.enum(['', 'sip']),
  onePacket: z.boolean(),
}

const tunnel = z.strictObject({
  type: z.enum(['ipip', 'gue', 'gre']),
  port: upTo(65535),
  checksum: z.enum(['nocsum', 'csum', 'remcsum']),
})

/** Changed by routes of their own. */
const maintained = {
  admin,
  honourPersistence: z.boolean(),
  checks: z.array(check).nullable().openapi({ description: "null: the service's own" }),
}

const serverOptions = {
  method: z.enum(['masq', 'gate', 'tunnel']),
  weight: upTo(INT_MAX).openapi({ description: '0: no new connections' }),
  upperThreshold: upTo(U32_MAX),
  lowerThreshold: upTo(U32_MAX),
  tunnel,
}

export const servicePatch = z.strictObject(serviceOptions).partial().openapi('ServicePatch')
export const serverPatch = z.strictObject(serverOptions).partial().openapi('ServerPatch')

/** Every option is there: what the schema lacks does not compile. */
export const defaultServiceOptions = (family: 4 | 6): ServiceOptions => ({
  scheduler: defaults.scheduler,
  schedulerFlags: 0,
  persistence: 0,
  persistenceMask: family === 4 ? 32 : 128,
  persistenceEngine: '',
  onePacket: false,
})

export const defaultServerOptions = (): DestinationOptions => ({
  method: 'masq',
  weight: defaults.weight,
  upperThreshold: 0,
  lowerThreshold: 0,
  tunnel: { type: 'ipip', port: 0, checksum: 'nocsum' },
})

export const newService = servicePatch.extend({ service: serviceBody }).openapi('NewService')
export const newServer = serverPatch.extend({ server: serverBody }).openapi('NewServer')

export const traffic = z
  .object({
    connections: count,
    inPackets: count,
    outPackets: count,
    inBytes: count,
    outBytes: count,
    connectionRate: count,
    inPacketRate: count,
    outPacketRate: count,
    inByteRate: count,
    outByteRate: count,
  } satisfies Record<keyof Traffic, unknown>)
  .openapi('Traffic', { description: 'Sums since the last zeroing, and rates per second, as ipvsadm shows them' })

const counts = {
  active: count.openapi({ description: 'ActiveConn' }),
  inactive: count.openapi({ description: 'InActConn' }),
  persistent: count,
  traffic,
} satisfies Record<Exclude<keyof DestinationCounters, 'id'>, unknown>

export const server = z
  .object({
    id: count,
    server: z.string(),
    address: z.string(),
    port: count,
    ...serverOptions,
    ...maintained,
    ...counts,
  })
  .openapi('Server')

export const service = z
  .object({
    id: count,
    service: z.string(),
    family: z.union([z.literal(4), z.literal(6)]),
    protocol: z.enum(['tcp', 'udp', 'sctp']),
    address: z.string(),
    port: count,
    fwmark: count,
    ...serviceOptions,
    scheduler: z.string(),
    persistenceEngine: z.string(),
    health: health.nullable().openapi({ description: 'null: its servers are not checked' }),
    traffic,
    servers: z.array(server),
  })
  .openapi('Service')

export type ServerView = z.infer<typeof server>
export type ServiceView = z.infer<typeof service>
