/**
 * What a forwarding table wants steered: its services, and the real servers that answer through the director;
 * both also while they are only remembered, for connections that they still have. */
import type { Lingering } from '../engine/data-plane.js'
import type { ForwardingTable } from '../engine/table.js'
import type { Endpoint, SteeringSpec } from '../io/tun/spec.js'
import { Method } from '../service/service.js'

/** By key, since two of them are compared at every change. */
export interface Steered {
  requests: ReadonlyMap<string, Endpoint>
  replies: ReadonlyMap<string, Endpoint>
  transparent: SteeringSpec['transparent']
}

export function steeredBy(table: ForwardingTable, lingering: readonly Lingering[]): Steered {
  const requests = new Map<string, Endpoint>()
  const replies = new Map<string, Endpoint>()
  const transparent = { v4: false, v6: false }
  for (const { protocol, address, port, fwmark, destinations } of table.services) {
    if (fwmark > 0) continue
    add(requests, { protocol, address, port })
    for (const destination of destinations) {
      if (destination.method !== Method.masq) continue
      add(replies, { protocol, address: destination.address, port: destination.port || port })
      transparent[destination.family === 4 ? 'v4' : 'v6'] = true
    }
  }
  for (const { protocol, virtual, real } of lingering) {
    add(requests, { protocol, ...virtual })
    add(replies, { protocol, ...real })
  }
  return { requests, replies, transparent }
}

function add(endpoints: Map<string, Endpoint>, endpoint: Endpoint): void {
  const [a, b, c, d] = endpoint.address
  endpoints.set(`${endpoint.protocol} ${a} ${b} ${c} ${d} ${endpoint.port}`, endpoint)
}

/** Whether `second` has all that `first` has. */
export const isWithin = (first: Steered, second: Steered): boolean =>
  hasAll(second.requests, first.requests) &&
  hasAll(second.replies, first.replies) &&
  (second.transparent.v4 || !first.transparent.v4) &&
  (second.transparent.v6 || !first.transparent.v6)

function hasAll(endpoints: Steered['requests'], wanted: Steered['requests']): boolean {
  for (const key of wanted.keys()) if (!endpoints.has(key)) return false
  return true
}

export const specOf = ({ requests, replies, transparent }: Steered): SteeringSpec => ({
  requests: [...requests.values()],
  replies: [...replies.values()],
  transparent,
})
