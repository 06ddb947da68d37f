/** What is looked at only: status, connections, pools, history. Held to the types of routes.ts. */
import { z } from '@hono/zod-openapi'
import type { ConnectionView } from '../../../engine/data-plane.js'
import type {
  CarriersView,
  DaemonsView,
  DirectorEvent,
  PoolView,
  RatesView,
  Sample,
  SessionView,
  StatusView,
} from '../../routes.js'

const count = z.number().int().min(0)

const amount = z.object({ packets: count, bytes: count })

export const status = z
  .object({
    version: z.string(),
    pid: count,
    uptimeMs: count,
    datapath: z.string(),
    stateFolder: z.string(),
    api: z.string(),
    revision: count,
    services: count,
    destinations: count,
    connections: count,
    capacity: count,
    earlyPorts: count,
    drops: z.record(z.string(), count).openapi({ description: 'Packets dropped, by reason' }),
    packets: z.object({ received: count, sent: count, toHost: count }),
    carried: z.object({ engine: amount, kernel: amount }),
    sync: z
      .object({ sent: count, received: count, malformed: count, told: count, taken: count, refused: count })
      .nullable(),
    warnings: z.array(z.string()),
  })
  .openapi('Status') satisfies z.ZodType<StatusView>

export const session = z
  .object({ name: z.string(), scope: z.enum(['read', 'write']) })
  .openapi('Session') satisfies z.ZodType<SessionView>

export const connection = z
  .object({
    protocol: count.openapi({ description: 'IP protocol number' }),
    state: z.string(),
    expiresMs: count,
    client: z.string(),
    clientPort: count,
    virtual: z.string(),
    virtualPort: count,
    destination: z.string(),
    destinationPort: count,
    source: z.string().openapi({ description: "The translated source; '' where the client keeps its own" }),
    sourcePort: count,
    template: z.boolean(),
    engineName: z.string(),
    engineData: z.string(),
  })
  .openapi('Connection') satisfies z.ZodType<ConnectionView>

export const connectionQuery = z.object({
  search: z.string().max(80).default('').openapi({
    description: 'Words that must all be in: an address, ADDRESS:PORT, a state, a protocol',
    example: '192.0.2.100 ESTABLISHED',
  }),
  limit: z.coerce.number().int().min(1).max(1000).default(100),
  after: z.coerce.number().int().min(0).default(0).openapi({ description: '`next` of the page before' }),
})

export const connections = z
  .object({
    connections: z.array(connection),
    next: count.nullable().openapi({
      description: 'Where to go on; null after the last. A page may be short, or empty, and still have a next one',
    }),
  })
  .openapi('Connections')

const reason = z.string().openapi({ description: "'': in the kernel; anything else is why it is the engine" })
export const carriers = z
  .object({
    datapath: z.string(),
    carriers: z.array(z.object({ service: z.string(), opening: reason, established: reason })),
  })
  .openapi('Carriers') satisfies z.ZodType<CarriersView>

export const pools = z
  .object({
    pools: z.array(
      z
        .object({ address: z.string(), used: count, spaces: count, fullest: count, size: count, free: count })
        .openapi('Pool') satisfies z.ZodType<PoolView>,
    ),
  })
  .openapi('Pools')

const sample = z
  .object({
    at: count,
    held: count,
    ports: count,
    connections: count,
    inPackets: count,
    outPackets: count,
    inBytes: count,
    outBytes: count,
  })
  .openapi('Sample') satisfies z.ZodType<Sample>

export const history = z
  .object({
    samples: z.array(sample),
  })
  .openapi('History')

const daemon = z
  .object({
    interface: z.string(),
    syncId: count,
    maxLength: count,
    group: z.string(),
    port: count,
    ttl: count,
  })
  .nullable()
export const daemons = z
  .object({ daemons: z.object({ master: daemon, backup: daemon }) })
  .openapi('Daemons') satisfies z.ZodType<DaemonsView>

const seconds = z.number().int().min(0).max(0x7fffffff)
export const timeouts = z.object({ tcp: seconds, tcpFin: seconds, udp: seconds }).openapi('Timeouts')
export const timeoutsPatch = z
  .strictObject({ tcp: seconds.min(1), tcpFin: seconds.min(1), udp: seconds.min(1) })
  .partial()
  .openapi('TimeoutsPatch')
export const settings = z.record(z.string(), z.string()).openapi('Settings', {
  example: { 'net.ipv4.vs.expire_nodest_conn': '1' },
})
export const settingsPatch = z.record(z.string(), z.string()).openapi('SettingsPatch', {
  description: 'By full name or the last part of it',
})

const rate = z.tuple([count, count, count, count, count, count, count, count])
const event = { at: z.string() }
export const events = z
  .union([
    z.object({ kind: z.literal('change'), ...event, revision: count, by: z.string(), what: z.array(z.string()) }),
    z.object({ kind: z.literal('warning'), ...event, raised: z.boolean(), text: z.string() }),
    z.object({
      kind: z.literal('server'),
      ...event,
      service: z.string(),
      server: z.string(),
      up: z.boolean(),
      reason: z.string(),
    }),
    z.object({
      kind: z.literal('service'),
      ...event,
      service: z.string(),
      up: z.boolean(),
      onFallback: z.boolean(),
    }),
    z.object({
      kind: z.literal('datapath'),
      ...event,
      level: z.enum(['warn', 'error']),
      code: z.string(),
      text: z.string(),
    }),
  ])
  .openapi('Event') satisfies z.ZodType<DirectorEvent>

export const rates = z
  .object({ whole: z.boolean(), sample, services: z.array(rate), servers: z.array(rate) })
  .openapi('Rates', {
    description:
      'Rows that have changed, or all of them (whole): id, active, inactive; connections, packets in, packets out, ' +
      'bytes in, bytes out per second',
  }) satisfies z.ZodType<RatesView>

export const problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: count,
    detail: z.string(),
    code: z.string(),
    facts: z.record(z.string(), z.union([z.string(), z.number()])),
  })
  .openapi('Problem', { description: 'RFC 9457; `code` is stable' })
