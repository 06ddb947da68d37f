/**
 * What a forwarding table wants steered: its services, and the real servers that answer through the director;
 * both also while they are only remembered, for connections that they still have.
 */
import type { Lingering } from '../engine/data-plane.js'
import type { ForwardingTable } from '../engine/table.js'
import type { Endpoint, Selector, SteeringSpec } from '../io/tun/spec.js'
import { Method, type ServiceSpec } from '../service/service.js'
import { endpointOf, markedBy } from './marked.js'

/** By key, since two of them are compared at every change. */
export interface Steered {
  requests: ReadonlyMap<string, Endpoint>
  marked: ReadonlyMap<string, Selector>
  replies: ReadonlyMap<string, Endpoint>
  transparent: SteeringSpec['transparent']
}

interface Collected {
  requests: Map<string, Endpoint>
  marked: Map<string, Selector>
  replies: Map<string, Endpoint>
  transparent: SteeringSpec['transparent']
}

export function steeredBy(table: ForwardingTable, lingering: readonly Lingering[]): Steered {
  const found: Collected = {
    ...{ requests: new Map(), marked: new Map(), replies: new Map(), transparent: { v4: false, v6: false } },
  }
  for (const service of table.services) {
    const { protocol, address, port, fwmark } = service
    if (fwmark === 0) add(found.requests, { protocol, address, port })
    for (const reply of fwmark === 0 ? repliesOf(service, [protocol]) : repliesOfMark(service, table))
      add(found.replies, reply)
    for (const { method, family } of service.destinations)
      if (method === Method.masq) found.transparent[family === 4 ? 'v4' : 'v6'] = true
  }
  for (const { protocol, virtual, real, fwmark } of lingering) {
    if (fwmark === 0) add(found.requests, { protocol, ...virtual })
    for (const one of fwmark === 0 ? [protocol] : ANY_PROTOCOL) add(found.replies, { protocol: one, ...real })
  }
  addMarked(found, table, lingering)
  return found
}

/** Of what is balanced: tcp, udp, sctp. */
const ANY_PROTOCOL = [6, 17, 132]

function repliesOf(
  { port, persistenceMs, fwmark, destinations }: ServiceSpec,
  protocols: readonly number[],
): Endpoint[] {
  const keepsPort = fwmark > 0 && persistenceMs > 0
  return destinations
    .filter(({ method }) => method === Method.masq)
    .flatMap(({ address, port: real }) =>
      protocols.map((protocol) => ({ protocol, address, port: keepsPort ? 0 : real || port })),
    )
}

function repliesOfMark(service: ServiceSpec, table: ForwardingTable): Endpoint[] {
  const marked = markedBy(chainsOf(table, service.family), service.family, new Set([service.fwmark]))
  return repliesOf(service, [...new Set(marked.map(({ protocol }) => protocol))])
}

const chainsOf = ({ mangle }: ForwardingTable, family: 4 | 6) => (family === 4 ? mangle.v4 : mangle.v6)

/** One address and port is steered as a service is: of those there may be thousands. */
function addMarked({ requests, marked }: Collected, table: ForwardingTable, lingering: readonly Lingering[]): void {
  for (const family of [4, 6] as const) {
    const all = [...table.services, ...lingering].filter((one) => one.family === family && one.fwmark > 0)
    const selectors = markedBy(chainsOf(table, family), family, new Set(all.map(({ fwmark }) => fwmark)))
    for (const selector of selectors) {
      const endpoint = endpointOf(selector)
      if (endpoint) add(requests, endpoint)
      else marked.set(JSON.stringify(selector), selector)
    }
  }
}

function add(endpoints: Map<string, Endpoint>, endpoint: Endpoint): void {
  const [a, b, c, d] = endpoint.address
  endpoints.set(`${endpoint.protocol} ${a} ${b} ${c} ${d} ${endpoint.port}`, endpoint)
}

/** Whether `second` has all that `first` has. */
export const isWithin = (first: Steered, second: Steered): boolean =>
  hasAll(second.requests, first.requests) &&
  hasAll(second.marked, first.marked) &&
  hasAll(second.replies, first.replies) &&
  (second.transparent.v4 || !first.transparent.v4) &&
  (second.transparent.v6 || !first.transparent.v6)

function hasAll(there: ReadonlyMap<string, unknown>, wanted: ReadonlyMap<string, unknown>): boolean {
  for (const key of wanted.keys()) if (!there.has(key)) return false
  return true
}

export const specOf = ({ requests, marked, replies, transparent }: Steered): SteeringSpec => ({
  requests: [...requests.values()],
  marked: [...marked.values()],
  replies: [...replies.values()],
  transparent,
})
