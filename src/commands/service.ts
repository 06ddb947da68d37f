/**
 * Services, destinations and timeouts: what IPVS's control interface does with them, in its order of checks
 * (net/netfilter/ipvs/ip_vs_ctl.c). Thrown failures carry the code of the errno the kernel would answer.
 */
import * as address from '../address/words.js'
import { Failure } from '../failure/failure.js'
import { inService } from '../model/check.js'
import { isPersistenceEngine, isScheduler } from '../model/scheduler.js'
import type { Destination, Service, ServiceKey, ServiceOptions } from '../model/service.js'
import { destinationKeyText, serviceKeyText } from '../model/service.js'
import type { Timeouts } from '../model/state.js'
import type { DestinationKey, DestinationOptions, ServiceCommand } from './command.js'
import type { Draft } from './draft.js'

/** Whether the command changed anything. Throws Failure. */
export function applyService(draft: Draft, command: ServiceCommand): boolean {
  switch (command.kind) {
    case 'service.add':
      return addService(draft, command.key, command.options)
    case 'service.edit':
      return editService(draft, command.key, command.options)
    case 'service.delete':
      return deleteService(draft, command.key)
    case 'service.flush':
      return flush(draft)
    case 'service.zero':
      if (command.key) existing(draft, command.key)
      return false
    case 'destination.add':
      return addDestination(draft, command.service, command.key, command.options)
    case 'destination.edit':
      return editDestination(draft, command.service, command.key, command.options)
    case 'destination.delete':
      return deleteDestination(draft, command.service, command.key)
    case 'timeouts.set':
      return setTimeouts(draft, command.timeouts)
  }
}

function addService(draft: Draft, key: ServiceKey, options: ServiceOptions): boolean {
  if (draft.service(key)) throw new Failure('service-exists', `service ${serviceKeyText(key)} already exists`)
  checkOptions(key, options)
  draft.putService({ id: draft.takeId(), ...key, ...options, health: null, destinations: [] })
  return true
}

function editService(draft: Draft, key: ServiceKey, options: ServiceOptions): boolean {
  const service = existing(draft, key)
  checkOptions(key, options)
  if (isSubset(options, service)) return false
  draft.putService({ ...service, ...options })
  return true
}

function deleteService(draft: Draft, key: ServiceKey): boolean {
  existing(draft, key)
  draft.removeService(key)
  return true
}

function flush(draft: Draft): boolean {
  if (draft.serviceCount === 0) return false
  draft.clearServices()
  return true
}

function addDestination(draft: Draft, service: ServiceKey, key: DestinationKey, options: DestinationOptions): boolean {
  const list = destinationsOf(draft, service)
  checkDestination(service, key, options)
  const text = destinationKeyText(key)
  if (list.has(text)) throw new Failure('destination-exists', `destination ${text} already exists`)
  if (!isUnicast(key.address)) throw new Failure('address-not-unicast', `${key.address} is not a unicast address`)
  list.set(text, { id: draft.takeId(), ...key, ...options, ...inService })
  return true
}

function editDestination(draft: Draft, service: ServiceKey, key: DestinationKey, options: DestinationOptions): boolean {
  const list = destinationsOf(draft, service)
  checkDestination(service, key, options)
  const text = destinationKeyText(key)
  const destination = existingDestination(list, text)
  if (isSubset(options, destination)) return false
  list.set(text, { ...destination, ...options })
  return true
}

function deleteDestination(draft: Draft, service: ServiceKey, key: DestinationKey): boolean {
  const list = destinationsOf(draft, service)
  const text = destinationKeyText(key)
  existingDestination(list, text)
  list.delete(text)
  return true
}

function setTimeouts(draft: Draft, wanted: Timeouts): boolean {
  const now = draft.state.timeouts
  const next = { tcp: wanted.tcp || now.tcp, tcpFin: wanted.tcpFin || now.tcpFin, udp: wanted.udp || now.udp }
  if (isSubset(next, now)) return false
  draft.state.timeouts = next
  return true
}

export function existing(draft: Draft, key: ServiceKey): Service {
  const service = draft.service(key)
  if (!service) throw new Failure('service-missing', `there is no service ${serviceKeyText(key)}`)
  return service
}

export function destinationsOf(draft: Draft, key: ServiceKey): Map<string, Destination> {
  const service = draft.service(key)
  if (!service) throw new Failure('service-undefined', `there is no service ${serviceKeyText(key)}`)
  return draft.destinations(service)
}

export function existingDestination(list: Map<string, Destination>, text: string): Destination {
  const destination = list.get(text)
  if (!destination) throw new Failure('destination-missing', `there is no destination ${text}`)
  return destination
}

export function checkOptions(key: ServiceKey, options: ServiceOptions): void {
  const { scheduler, persistenceEngine: engine, persistenceMask: mask } = options
  if (!isScheduler(scheduler)) throw new Failure('scheduler-missing', `there is no scheduler ${scheduler}`)
  if (!isPersistenceEngine(engine)) throw new Failure('scheduler-missing', `there is no persistence engine ${engine}`)
  if (key.family === 6 && (mask < 1 || mask > 128))
    throw new Failure('bad-request', `an IPv6 persistence mask is 1 to 128 bits, not ${mask}`)
}

export function checkDestination(service: ServiceKey, key: DestinationKey, options: DestinationOptions): void {
  const { weight, upperThreshold: upper, lowerThreshold: lower, method, tunnel } = options
  const family = key.address.includes(':') ? 6 : 4
  if (family !== service.family && method !== 'tunnel')
    throw new Failure('family-unsupported', 'only a tunnel leads to another address family')
  if (weight < 0) throw new Failure('out-of-range', `a weight is not negative: ${weight}`)
  if (lower > upper) throw new Failure('out-of-range', `the lower threshold ${lower} is above the upper one ${upper}`)
  if (method === 'tunnel' && tunnel.type === 'gue' && tunnel.port === 0)
    throw new Failure('bad-request', 'a GUE tunnel needs a port')
}

/**
 * ip_vs_new_dest's test, as far as the address alone can tell: the broadcast address of a connected network is
 * unicast here.
 */
export function isUnicast(text: string): boolean {
  const words = address.parse(text)
  if (!words) return false
  const first = words[0] >>> 0
  const last = words[3] >>> 0
  if (address.familyOf(words) === 4) return last !== 0 && last !== 0xffffffff && last >>> 28 !== 0xe
  const any = words.every((word) => word === 0)
  const multicast = first >>> 24 === 0xff
  const linkLocal = first >>> 22 === 0xfe80 >>> 6
  return !any && !multicast && !linkLocal
}

/** Whether each field of `part` stands in `whole` with the same value, one level of nesting deep. */
function isSubset<T extends object>(part: T, whole: T): boolean {
  return (Object.keys(part) as (keyof T)[]).every((name) => isSame(part[name], whole[name]))
}

const isSame = (a: unknown, b: unknown): boolean =>
  typeof a === 'object' && a !== null && typeof b === 'object' && b !== null ? isSubset(a, b) : a === b
