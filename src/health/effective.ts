/**
 * What the data path runs and listings show: the desired state with what health checks and maintenance make of it.
 *
 * Pure. The desired state is never changed, and what nothing is laid over is shared with it. Ids are the desired
 * state's, so that counters and connections stay with their server; a fallback server has its service's, negative.
 */
import { inService } from '../model/check.js'
import type { Destination, Service } from '../model/service.js'
import type { State } from '../model/state.js'

/** What checks found of a server. */
export interface Verdict {
  up: boolean
  /** Of its weight, 0 to 1: less while it starts slowly, or as its agent says. */
  share: number
}

/** By the destination's id; one that is not in it is up. */
export type Verdicts = ReadonlyMap<number, Verdict>

/** Weights below do not divide well: they are all multiplied by it while a share of one counts. */
const FINE_WEIGHT = 100
const WEIGHT_MAX = 0x7fffffff

export function effective(state: State, verdicts: Verdicts): State {
  const services = state.services.map((service) => effectiveService(service, verdicts))
  return services.every((service, i) => service === state.services[i]) ? state : { ...state, services }
}

function effectiveService(service: Service, verdicts: Verdicts): Service {
  const factor = factorOf(service, verdicts)
  const laid = service.destinations.flatMap((one) => effectiveDestination(service, one, verdicts.get(one.id), factor))
  const destinations = withFallback(service, laid)
  const { length } = service.destinations
  const isSame = destinations.length === length && destinations.every((one, i) => one === service.destinations[i])
  return isSame ? service : { ...service, destinations }
}

function effectiveDestination(
  { health }: Service,
  one: Destination,
  verdict: Verdict | undefined,
  factor: number,
): Destination[] {
  if (one.admin === 'halt') return [] // what it has goes no further, as with a server that is removed
  if (one.admin === 'drain') return [weighing(one, 0)]
  if (verdict && !verdict.up)
    return health?.onFailure === 'remove' ? [] : [{ ...one, weight: 0, honourPersistence: false }]
  return [weighing(one, shareOf(one, verdict, factor))]
}

const weighing = (one: Destination, weight: number): Destination => (one.weight === weight ? one : { ...one, weight })

/** A server that has any share has at least a weight of 1. */
function shareOf({ weight }: Destination, verdict: Verdict | undefined, factor: number): number {
  const share = verdict?.share ?? 1
  if (share === 0 || weight === 0) return 0
  return Math.min(WEIGHT_MAX, Math.max(1, Math.round(weight * share * factor)))
}

function factorOf({ destinations }: Service, verdicts: Verdicts): number {
  const isCoarse = destinations.some((one) => {
    const share = verdicts.get(one.id)?.share ?? 1
    return share > 0 && share < 1 && one.weight < FINE_WEIGHT
  })
  return isCoarse ? FINE_WEIGHT : 1
}

/** The fallback server takes connections for as long as no other does. It may be one of the servers itself. */
function withFallback({ id, health }: Service, destinations: Destination[]): Destination[] {
  const fallback = health?.fallback ?? null
  if (fallback === null || destinations.some(({ weight }) => weight > 0)) return destinations
  const { address, port, method } = fallback
  const there = destinations.find((one) => one.address === address && one.port === port)
  if (there) return destinations.map((one) => (one === there ? { ...one, ...inService, weight: 1 } : one))
  const none = { upperThreshold: 0, lowerThreshold: 0, tunnel: { type: 'ipip', port: 0, checksum: 'nocsum' } } as const
  return [...destinations, { id: -id, address, port, method, weight: 1, ...none, ...inService }]
}
