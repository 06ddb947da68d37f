/**
 * What a forwarding table wants steered: its services, and the real servers that answer through the director;
 * both also while they are only remembered, for connections that they still have.
 */
import type { Words } from '../address/words.js'
import type { Lingering, ServiceCounters } from '../engine/data-plane.js'
import type { ForwardingTable } from '../engine/table.js'
import type { Endpoint, Selector, SteeringSpec } from '../io/tun/spec.js'
import { FTP, FTP_DATA, Method, type ServiceSpec } from '../service/service.js'
import { BALANCED, endpointOf, markedBy, widest } from './marked.js'

/** By key, since two of them are compared at every change. */
export interface Steered {
  requests: ReadonlyMap<string, Endpoint>
  /** Packets that may be a mark service's. */
  marked: ReadonlyMap<string, Selector>
  replies: ReadonlyMap<string, Endpoint>
  transparent: SteeringSpec['transparent']
  ignoreTunneled: boolean
}

/** `kept`: what was marked and still has connections. */
export function steeredBy(
  table: ForwardingTable,
  lingering: readonly Lingering[],
  kept: readonly Selector[] = [],
): Steered {
  const [requests, replies] = [new Map<string, Endpoint>(), new Map<string, Endpoint>()]
  const transparent = { v4: false, v6: false }
  for (const service of table.services) {
    const { protocol, address, port, fwmark } = service
    if (fwmark === 0) for (const request of requestsOf(protocol, address, port)) add(requests, request)
    const protocols = fwmark === 0 ? [protocol] : protocolsOfMark(service, table, kept)
    for (const reply of repliesOf(service, protocols)) add(replies, reply)
    for (const { method, family } of service.destinations)
      if (method === Method.masq) transparent[family === 4 ? 'v4' : 'v6'] = true
  }
  for (const { protocol, virtual, real, family, fwmark } of lingering) {
    const ftp = isFtp(protocol, virtual.port)
    if (fwmark === 0) for (const request of requestsOf(protocol, virtual.address, virtual.port)) add(requests, request)
    if (real === null) continue
    transparent[family === 4 ? 'v4' : 'v6'] = true // nobody remembers by which method
    for (const one of fwmark === 0 ? [protocol] : BALANCED)
      for (const reply of answersOf(one, real.address, real.port, ftp)) add(replies, reply)
  }
  const marked = markedIn(table, lingering, kept)
  const byText = new Map(marked.map((one) => [JSON.stringify(one), one]))
  return { requests, replies, marked: byText, transparent, ignoreTunneled: table.settings.ignoresTunneled }
}

function repliesOf(
  { protocol: own, port, persistenceMs, fwmark, destinations }: ServiceSpec,
  protocols: readonly number[],
): Endpoint[] {
  const keepsPort = fwmark > 0 && persistenceMs > 0
  return destinations
    .filter(({ method }) => method === Method.masq)
    .flatMap(({ address, port: real }) =>
      protocols.flatMap((protocol) =>
        answersOf(protocol, address, keepsPort ? 0 : real || port, fwmark === 0 && isFtp(own, port)),
      ),
    )
}

function protocolsOfMark({ family, fwmark }: ServiceSpec, table: ForwardingTable, kept: readonly Selector[]): number[] {
  const marked = markedBy(chainsOf(table, family), family, new Set([fwmark]))
  const all = [...marked, ...kept.filter((one) => one.family === family)]
  return [...new Set(all.map(({ protocol }) => protocol))]
}

const chainsOf = ({ mangle }: ForwardingTable, family: 4 | 6) => (family === 4 ? mangle.v4 : mangle.v6)

function markedIn(table: ForwardingTable, lingering: readonly Lingering[], kept: readonly Selector[]): Selector[] {
  return ([4, 6] as const).flatMap((family) => {
    const all = [...table.services, ...lingering].filter((one) => one.family === family && one.fwmark > 0)
    const marks = new Set(all.map(({ fwmark }) => fwmark))
    return widest([...markedBy(chainsOf(table, family), family, marks), ...kept.filter((one) => one.family === family)])
  })
}

/** Families in which a mark service has connections, or a removed one had them. */
export function familiesWithMarks(
  { services }: ForwardingTable,
  counters: readonly ServiceCounters[],
  lingering: readonly Lingering[],
): Set<4 | 6> {
  const byId = new Map(counters.map((one) => [one.id, one]))
  const isBusy = ({ id, fwmark }: ServiceSpec): boolean =>
    fwmark > 0 && (byId.get(id)?.destinations ?? []).some(({ active, inactive }) => active + inactive > 0)
  const found = [...services.filter(isBusy), ...lingering.filter(({ fwmark }) => fwmark > 0)]
  return new Set(found.map(({ family }) => family))
}

function add(endpoints: Map<string, Endpoint>, endpoint: Endpoint): void {
  const { protocol, port, lastPort } = endpoint
  const [a, b, c, d] = endpoint.address
  endpoints.set(`${protocol} ${a} ${b} ${c} ${d} ${port} ${lastPort}`, endpoint)
}

const exactly = (protocol: number, address: Words, port: number): Endpoint => ({
  protocol,
  address,
  port,
  lastPort: port,
})

const TCP = 6
/** Unprivileged ones, as far as a rule can say. */
const DATA_PORTS = { port: 1024, lastPort: 65_534 }

const isFtp = (protocol: number, port: number): boolean => protocol === TCP && port === FTP

/** To a service; FTP's data connections go to its address too (ip_vs_service_find). */
function requestsOf(protocol: number, address: Words, port: number): Endpoint[] {
  const own = exactly(protocol, address, port)
  return isFtp(protocol, port) ? [own, exactly(protocol, address, FTP_DATA), { ...own, ...DATA_PORTS }] : [own]
}

/** From a real server; of FTP, from the port below its own too, and from any that it may choose. */
function answersOf(protocol: number, address: Words, port: number, ftp: boolean): Endpoint[] {
  const own = exactly(protocol, address, port)
  return ftp && port > 1 ? [own, exactly(protocol, address, port - 1), { ...own, ...DATA_PORTS }] : [own]
}

/** Whether `second` has all that `first` has. */
export const isWithin = (first: Steered, second: Steered): boolean =>
  hasAll(second.requests, first.requests) &&
  hasAll(second.marked, first.marked) &&
  hasAll(second.replies, first.replies) &&
  (second.transparent.v4 || !first.transparent.v4) &&
  (second.transparent.v6 || !first.transparent.v6) &&
  second.ignoreTunneled === first.ignoreTunneled

function hasAll(there: ReadonlyMap<string, unknown>, wanted: ReadonlyMap<string, unknown>): boolean {
  for (const key of wanted.keys()) if (!there.has(key)) return false
  return true
}

/** One address and port is steered as a service is: of those there may be thousands. */
export function specOf(steered: Steered): SteeringSpec {
  const { requests, marked, replies, transparent, ignoreTunneled } = steered
  const all = new Map(requests)
  const selectors: Selector[] = []
  for (const selector of marked.values()) {
    const endpoint = endpointOf(selector)
    if (endpoint) add(all, endpoint)
    else selectors.push(selector)
  }
  return { requests: [...all.values()], marked: selectors, replies: [...replies.values()], transparent, ignoreTunneled }
}
