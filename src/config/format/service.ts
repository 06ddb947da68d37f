/** Services and servers in a configuration. */
import type { Admin, Check, Fallback } from '../../model/check.js'
import type { Endpoint } from '../../model/name.js'
import { PERSISTENCE_ENGINES, SCHEDULERS } from '../../model/scheduler.js'
import type { Method, ServiceKey, Tunnel } from '../../model/service.js'
import { defaults } from '../../model/state.js'
import type { Spot } from '../problem.js'
import {
  either,
  type Found,
  list,
  located,
  mapped,
  oneOf,
  optional,
  record,
  required,
  type Type,
  text,
  truth,
  whole,
} from '../type.js'
import { duration, endpoint, seconds, serviceName } from '../value.js'
import { checks } from './check.js'

const INT_MAX = 0x7fffffff
const U32_MAX = 0xffffffff
const DAY_MS = 86_400_000

export interface Placed<T> {
  value: T
  spot: Spot
}

export interface ServerForm {
  server: Placed<Endpoint>
  /** null: the service's. */
  method: Method | null
  weight: number
  upperThreshold: number
  lowerThreshold: number
  tunnel: Tunnel
  checks: Placed<Check[]> | null
  admin: Admin | null
  honourPersistence: boolean | null
}

export interface ServiceForm {
  service: Placed<ServiceKey>
  scheduler: (typeof SCHEDULERS)[number]
  schedulerFlags: number[]
  persistence: number
  persistenceMask: number | null
  persistenceEngine: string
  onePacket: boolean
  method: Method
  /** null: clients keep their address. */
  source: Placed<string> | null
  servers: Found<ServerForm>[]
  checks: Placed<Check[]> | null
  onFailure: 'quiesce' | 'remove' | null
  fallback: Fallback | null
  slowStart: number | null
  alerts: boolean | null
}

const FLAGS = { 'sh-fallback': 1, 'mh-fallback': 1, 'flag-1': 1, 'sh-port': 2, 'mh-port': 2, 'flag-2': 2, 'flag-3': 4 }
type Flag = keyof typeof FLAGS
const flag: Type<number> = mapped(
  oneOf('flag of a scheduler', ...(Object.keys(FLAGS) as Flag[])),
  (name) => FLAGS[name],
)

const method = oneOf('method', 'masq', 'gate', 'tunnel')
const given: Tunnel = { type: 'ipip', port: 0, checksum: 'nocsum' }
const tunnel: Type<Tunnel> = mapped(
  record<Tunnel>('a tunnel', {
    type: required(oneOf('kind of tunnel', 'ipip', 'gue', 'gre'), 'How packets are wrapped'),
    port: optional(whole(0, 65535), given.port, "GUE's UDP port"),
    checksum: optional(oneOf('checksum', 'nocsum', 'csum', 'remcsum'), given.checksum, "The outer header's checksum"),
  }),
  ({ type, port, checksum }) => ({ type, port, checksum }),
)

const server = record<ServerForm>('a server', {
  server: required(located(endpoint), 'ADDRESS:PORT of the real server'),
  method: optional(method, null, "How packets get to it; else the service's"),
  weight: optional(whole(0, INT_MAX), defaults.weight, 'Its share of new connections; 0: none'),
  upperThreshold: optional(whole(0, U32_MAX), 0, 'Connections at which it takes no new one; 0: no limit'),
  lowerThreshold: optional(whole(0, U32_MAX), 0, 'Connections below which it takes new ones again'),
  tunnel: optional(tunnel, given, 'Of method tunnel'),
  checks: optional(located(checks), null, "Instead of the service's"),
  admin: optional(oneOf('state', 'online', 'drain', 'halt'), null, 'Maintenance; left out, it stays as it is'),
  honourPersistence: optional(truth, null, 'Clients whom persistence ties to it still come while it drains'),
})

const fallbackMap = mapped(
  record<{ server: Endpoint; method: Method }>('a fallback server', {
    server: required(endpoint, 'ADDRESS:PORT'),
    method: optional(method, 'masq', 'How packets get to it'),
  }),
  ({ server: at, method }): Fallback => ({ ...at, method }),
)
const fallback = either(
  mapped(endpoint, (at): Fallback => ({ ...at, method: 'masq' })),
  fallbackMap,
)

const source = text(
  'the name of a pool of `sources`, an address, a range such as 192.0.2.10-192.0.2.13, or masquerade',
  {},
  (value) => (value === '' ? undefined : value),
)

export const service = record<ServiceForm>('a service', {
  service: required(located(serviceName), 'What clients connect to'),
  scheduler: optional(oneOf('scheduler', ...SCHEDULERS), defaults.scheduler, 'How a server is picked'),
  schedulerFlags: optional(list(flag, 'flags such as sh-port'), [], "The scheduler's flags"),
  persistence: optional(seconds(0, INT_MAX), 0, 'A client comes back to the same server for so long; 0: not'),
  persistenceMask: optional(whole(1, 128), null, 'Prefix length that groups clients: 32 or 128 for single ones'),
  persistenceEngine: optional(oneOf('persistence engine', ...PERSISTENCE_ENGINES), '', 'sip: by Call-ID'),
  onePacket: optional(truth, false, 'Each packet is scheduled by itself (UDP)'),
  method: optional(method, 'masq', 'How packets get to its servers'),
  source: optional(located(source), null, 'SNAT: servers see this instead of the client'),
  servers: optional(list(server, 'servers'), [], 'Real servers'),
  checks: optional(located(checks), null, 'How its servers are checked'),
  onFailure: optional(oneOf('answer', 'quiesce', 'remove'), null, 'What becomes of a server that fails its checks'),
  fallback: optional(fallback, null, 'The server of last resort'),
  slowStart: optional(duration(0, DAY_MS), null, 'A server that came back reaches its weight after so long'),
  alerts: optional(truth, null, 'Whether its changes of state are told'),
})
