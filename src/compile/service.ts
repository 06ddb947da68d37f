/** Services of the model to the specs of the data path: addresses to words, seconds to milliseconds, routes looked up. */
import { familyOf, parse, type Words } from '../address/words.js'
import { Failure } from '../failure/failure.js'
import type { Destination, Method, Service, ServiceProtocol } from '../model/service.js'
import { schedulers } from '../service/schedulers/registry.js'
import * as data from '../service/service.js'
import type { WayNeed } from './way-need.js'

/** The way to an address by the host's routes. */
export interface Route {
  interface: string
  /** The address that the host speaks from on this way. */
  source: string
  mtu: number
  /** The address is the host's own. */
  local: boolean
}

/** The host's route to an address, or null if there is none. */
export interface Routes {
  to(address: string): Route | null
}

const PROTOCOLS: Readonly<Record<ServiceProtocol, number>> = { tcp: 6, udp: 17, sctp: 132 }
const METHODS: Readonly<Record<Method, number>> = data.Method
const NO_ADDRESS: Words = [0, 0, 0, 0]
const LONGEST = 65_535
const NO_ROUTE: Way = { outInterface: '', outAddress: null, mtu: LONGEST, local: false }

interface Way {
  outInterface: string
  outAddress: Words | null
  mtu: number
  local: boolean
}

export function compileServices(services: readonly Service[], routes: Routes, needed: WayNeed): data.ServiceSpec[] {
  const way = cached((address: string) => wayTo(address, routes))
  const words = cached(wordsOf)
  const specOf = (service: Service, destination: Destination): data.DestinationSpec => {
    const { id, address, port, method, weight, upperThreshold, lowerThreshold, tunnel } = destination
    const target = words(address)
    return {
      id,
      family: familyOf(target),
      address: target,
      port,
      method: METHODS[method],
      weight,
      upperThreshold,
      lowerThreshold,
      forgets: !destination.honourPersistence,
      ...(needed(service, destination) ? way(address) : NO_ROUTE),
      tunnel: { type: data.TunnelType[tunnel.type], port: tunnel.port, checksum: data.TunnelChecksum[tunnel.checksum] },
    }
  }
  return services.map((service) => ({
    id: service.id,
    family: service.family,
    protocol: PROTOCOLS[service.protocol],
    address: service.fwmark > 0 ? NO_ADDRESS : words(service.address),
    port: service.port,
    fwmark: service.fwmark,
    scheduler: known(service.scheduler),
    schedulerFlags: service.schedulerFlags,
    persistenceMs: service.persistence * 1000,
    persistenceMask: service.persistenceMask,
    engine: service.persistence > 0 ? service.persistenceEngine : '',
    onePacket: service.onePacket,
    destinations: service.destinations.map((destination) => specOf(service, destination)).reverse(),
  }))
}

function wayTo(address: string, routes: Routes): Way {
  const route = routes.to(address)
  if (route === null) return NO_ROUTE
  const { mtu, local } = route
  return { outInterface: route.interface, outAddress: parse(route.source), mtu, local }
}

function wordsOf(address: string): Words {
  const words = parse(address)
  if (!words) throw new Failure('bad-request', `'${address}' is not an IP address`, { address })
  return words
}

function known(scheduler: string): string {
  if (Object.hasOwn(schedulers, scheduler)) return scheduler
  throw new Failure('scheduler-missing', `no scheduler named '${scheduler}'`, { scheduler })
}

/** Each question is asked once: many services share their real servers. */
function cached<T>(ask: (address: string) => T): (address: string) => T {
  const answers = new Map<string, T>()
  return (address) => {
    let answer = answers.get(address)
    if (answer === undefined) {
      answer = ask(address)
      answers.set(address, answer)
    }
    return answer
  }
}
