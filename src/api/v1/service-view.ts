/** Services and servers as /v1 shows them: the desired state beside the counters. */
import type { DestinationCounters, ServiceCounters } from '../../engine/data-plane.js'
import { Failure } from '../../failure/failure.js'
import { endpointName, serviceName } from '../../model/name.js'
import { type Destination, type Service, type ServiceKey, serviceKeyText } from '../../model/service.js'
import type { Director } from '../director.js'
import { withoutSecrets } from './schema/health.js'
import type { ServerView, ServiceView } from './schema/service.js'

const LISTED_MAX = 10_000

export interface ServicePage {
  services: ServiceView[]
  /** The name of the last one, where there are more. */
  next: string | null
}

/** Those that have `search` in their name or a server's, `limit` of them behind the one named `after`. */
export async function listServices(
  director: Director,
  search: string,
  limit: number,
  after: string,
): Promise<ServicePage> {
  const all = await views(director)
  const from = after === '' ? 0 : all.findIndex(({ service }) => service === after) + 1
  if (after !== '' && from === 0) throw new Failure('bad-request', `after: there is no service ${after} any more`)
  const found = all.slice(from).filter((view) => isNamed(view, search))
  const services = found.slice(0, Math.min(limit, LISTED_MAX))
  return { services, next: found.length > services.length ? services[services.length - 1].service : null }
}

/** Failure('service-missing'). */
export async function oneService(director: Director, key: ServiceKey): Promise<ServiceView> {
  const name = serviceName(key)
  const found = (await views(director)).find(({ service }) => service === name)
  if (found) return found
  throw new Failure('service-missing', `there is no service ${name}`)
}

/** As it is desired. Failure('service-missing'). */
export function desired(director: Director, key: ServiceKey): Service {
  const text = serviceKeyText(key)
  const found = director.state.services.find((service) => serviceKeyText(service) === text)
  if (found) return found
  throw new Failure('service-missing', `there is no service ${serviceName(key)}`)
}

async function views(director: Director): Promise<ServiceView[]> {
  const { services, counters } = await director.services(true)
  return services.map((service, i) => serviceView(service, counters[i]))
}

const isNamed = ({ service, servers }: ServiceView, search: string): boolean =>
  search === '' || service.includes(search) || servers.some(({ server }) => server.includes(search))

function serviceView({ destinations, ...service }: Service, counters: ServiceCounters): ServiceView {
  const servers = destinations.map((destination, i) => serverView(destination, counters.destinations[i]))
  const shown = { ...service, health: withoutSecrets(service.health) }
  return { ...shown, service: serviceName(service), traffic: counters.traffic, servers }
}

const serverView = (
  destination: Destination,
  { active, inactive, persistent, traffic }: DestinationCounters,
): ServerView => ({
  ...destination,
  checks: withoutSecrets(destination.checks),
  server: endpointName(destination),
  active,
  inactive,
  persistent,
  traffic,
})
