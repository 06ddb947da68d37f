/**
 * Counters of all services as one array of numbers: between threads it is copied at once, where ten thousand objects
 * would keep the packets waiting while they are taken apart.
 *
 *   service       id, traffic (10), number of destinations, then each of them
 *   destination   id, active, inactive, persistent, traffic (10)
 */
import type { Traffic } from './estimator.js'
import type { DestinationCounters, ServiceCounters } from './table.js'

const TRAFFIC = [
  ...(['connections', 'inPackets', 'outPackets', 'inBytes', 'outBytes'] as const),
  ...(['connectionRate', 'inPacketRate', 'outPacketRate', 'inByteRate', 'outByteRate'] as const),
]
const SERVICE = 1 + TRAFFIC.length + 1
const DESTINATION = 4 + TRAFFIC.length

export function flatten(services: readonly ServiceCounters[]): Float64Array {
  const servers = services.reduce((sum, { destinations }) => sum + destinations.length, 0)
  const flat = new Float64Array(services.length * SERVICE + servers * DESTINATION)
  let at = 0
  const put = (value: number) => {
    flat[at++] = value
  }
  const putTraffic = (traffic: Traffic) => {
    for (const name of TRAFFIC) put(traffic[name])
  }
  for (const { id, traffic, destinations } of services) {
    put(id)
    putTraffic(traffic)
    put(destinations.length)
    for (const each of destinations) {
      put(each.id)
      put(each.active)
      put(each.inactive)
      put(each.persistent)
      putTraffic(each.traffic)
    }
  }
  return flat
}

export function unflatten(flat: Float64Array): ServiceCounters[] {
  const services: ServiceCounters[] = []
  for (let at = 0; at < flat.length; ) {
    const count = flat[at + SERVICE - 1]
    const destinations = Array.from({ length: count }, (_, i) => destination(flat, at + SERVICE + i * DESTINATION))
    services.push({ id: flat[at], traffic: traffic(flat, at + 1), destinations })
    at += SERVICE + count * DESTINATION
  }
  return services
}

const destination = (flat: Float64Array, at: number): DestinationCounters => ({
  id: flat[at],
  active: flat[at + 1],
  inactive: flat[at + 2],
  persistent: flat[at + 3],
  traffic: traffic(flat, at + 4),
})

const traffic = (flat: Float64Array, at: number): Traffic => ({
  connections: flat[at],
  inPackets: flat[at + 1],
  outPackets: flat[at + 2],
  inBytes: flat[at + 3],
  outBytes: flat[at + 4],
  connectionRate: flat[at + 5],
  inPacketRate: flat[at + 6],
  outPacketRate: flat[at + 7],
  inByteRate: flat[at + 8],
  outByteRate: flat[at + 9],
})
