/** What `ipvsadm -L` prints: a view of all services or of one. */
import type { ServicesView } from '../../api/routes.js'
import { type Destination, type Service, serviceKeyText } from '../../model/service.js'
import { type DestinationCounters, layouts, type ServiceCounters, type Traffic } from './layout.js'
import type { Naming } from './naming.js'
import { sortDestinations, sortServices } from './order.js'
import type { Listing } from './request.js'

const PROTOCOL = { tcp: 'TCP', udp: 'UDP', sctp: 'SCTP' } as const
/** Where the real tool cuts IPv4 names: the widths of their columns. */
const SERVICE_MAX = 33
const DESTINATION_MAX = 28

const NO_TRAFFIC: Traffic = {
  connections: 0,
  inPackets: 0,
  outPackets: 0,
  inBytes: 0,
  outBytes: 0,
  connectionRate: 0,
  inPacketRate: 0,
  outPacketRate: 0,
  inByteRate: 0,
  outByteRate: 0,
}
/** Of what the data path has not met yet. */
const NO_COUNTERS: ServiceCounters = { id: 0, traffic: NO_TRAFFIC, destinations: [] }
const NO_CONNECTIONS: DestinationCounters = { id: 0, active: 0, inactive: 0, persistent: 0, traffic: NO_TRAFFIC }

export const banner = ({ tableSize }: ServicesView): string => `IP Virtual Server version 1.2.1 (size=${tableSize})\n`

/** The services a listing shows, in its order; null: the one it asks for is not there. */
export function servicesOf({ services }: ServicesView, { service: key, sorted }: Listing): Service[] | null {
  if (!key) return sorted ? sortServices(services) : services
  const text = serviceKeyText(key)
  const found = services.find((service) => serviceKeyText(service) === text)
  return found ? [found] : null
}

/** Newest first without sorting: the kernel's list. */
export function destinationsOf({ destinations }: Service, sorted: boolean): Destination[] {
  const newestFirst = destinations.toReversed()
  return sorted ? sortDestinations(newestFirst) : newestFirst
}

export function serviceRows(services: Service[], view: ServicesView, listing: Listing, naming: Naming): string {
  const countersOf = new Map(view.counters.map((counters) => [counters.id, counters]))
  const rows = services.map((service) => block(service, countersOf.get(service.id) ?? NO_COUNTERS, listing, naming))
  return layouts[listing.view].title + rows.join('')
}

function block(service: Service, counters: ServiceCounters, { view, sorted, exact }: Listing, naming: Naming): string {
  const layout = layouts[view]
  const countersOf = new Map(counters.destinations.map((d) => [d.id, d]))
  const rows = destinationsOf(service, sorted).map((destination) => {
    const name = destinationName(destination, service, naming)
    return layout.destination(name, destination, countersOf.get(destination.id) ?? NO_CONNECTIONS, exact)
  })
  const head = layout.service(serviceName(service, naming), service, counters.traffic, exact)
  return [head, ...rows, ''].join('\n')
}

function serviceName(service: Service, naming: Naming): string {
  const { fwmark, family, protocol, address, port } = service
  if (fwmark) return `FWM  ${fwmark}${family === 6 ? ' IPv6' : ''}`
  const name = `${PROTOCOL[protocol].padEnd(4)} ${naming(address, port, protocol)}`
  return family === 6 ? name : name.slice(0, SERVICE_MAX)
}

function destinationName({ address, port }: Destination, { protocol }: Service, naming: Naming): string {
  const name = naming(address, port, protocol)
  return (address.includes(':') ? name : name.slice(0, DESTINATION_MAX)).padEnd(DESTINATION_MAX)
}
