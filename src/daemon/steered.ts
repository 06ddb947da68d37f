/** What a forwarding table wants steered: its services, and the real servers that answer through the director. */
import type { ForwardingTable } from '../engine/table.js'
import type { Endpoint, SteeringSpec } from '../io/tun/spec.js'
import { Method } from '../service/service.js'

export const NOTHING: SteeringSpec = { requests: [], replies: [], transparent: { v4: false, v6: false } }

export function steeredBy(table: ForwardingTable): SteeringSpec {
  const requests: Endpoint[] = []
  const replies = new Map<string, Endpoint>()
  const transparent = { v4: false, v6: false }
  for (const { protocol, address, port, fwmark, destinations } of table.services) {
    if (fwmark > 0) continue
    requests.push({ protocol, address, port })
    for (const destination of destinations) {
      if (destination.method !== Method.masq) continue
      const reply = { protocol, address: destination.address, port: destination.port || port }
      replies.set(keyOf(reply), reply)
      transparent[destination.family === 4 ? 'v4' : 'v6'] = true
    }
  }
  return { requests, replies: [...replies.values()], transparent }
}

/** What stands in both: steered now and still wanted. */
export function kept(now: SteeringSpec, wanted: SteeringSpec): SteeringSpec {
  return {
    requests: inBoth(now.requests, wanted.requests),
    replies: inBoth(now.replies, wanted.replies),
    transparent: {
      v4: now.transparent.v4 && wanted.transparent.v4,
      v6: now.transparent.v6 && wanted.transparent.v6,
    },
  }
}

function inBoth(now: readonly Endpoint[], wanted: readonly Endpoint[]): Endpoint[] {
  const keys = new Set(wanted.map(keyOf))
  return now.filter((endpoint) => keys.has(keyOf(endpoint)))
}

const keyOf = ({ protocol, address, port }: Endpoint): string => `${protocol} ${address.join(' ')} ${port}`
