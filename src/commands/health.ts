/** Checks, maintenance and alerts: what administrators want. What checks find is none of it. */
import { Failure } from '../failure/failure.js'
import { BUILT_KINDS, type Check, type Health } from '../model/check.js'
import { type Destination, destinationKeyText, type Service, serviceKeyText } from '../model/service.js'
import type { DestinationChoice, HealthCommand } from './command.js'
import type { Draft } from './draft.js'
import { isEqual } from './equal.js'
import { destinationsOf, existing, existingDestination, isUnicast } from './service.js'

type Of<K> = Extract<HealthCommand, { kind: K }>

/** Whether the command changed anything. Throws Failure. */
export function applyHealth(draft: Draft, command: HealthCommand): boolean {
  switch (command.kind) {
    case 'health.set':
      return setHealth(draft, command)
    case 'destination.checks':
      return setChecks(draft, command)
    case 'destination.admin':
      return setAdmin(draft, command)
    case 'alerts.set': {
      if (isEqual(command.alerts, draft.state.alerts)) return false
      draft.state.alerts = command.alerts
      return true
    }
  }
}

function setHealth(draft: Draft, { key, health }: Of<'health.set'>): boolean {
  const service = existing(draft, key)
  if (health !== null) checkHealth(service, health)
  if (isEqual(health, service.health)) return false
  draft.putService({ ...service, health })
  return true
}

export function checkHealth({ family }: Pick<Service, 'family'>, { checks, fallback }: Health): void {
  checks.forEach(checkCheck)
  if (fallback === null) return
  const { address, method } = fallback
  if (address.includes(':') !== (family === 6) && method !== 'tunnel')
    throw new Failure('family-unsupported', `only a tunnel leads to the fallback server ${address}`)
  if (!isUnicast(address)) throw new Failure('address-not-unicast', `${address} is not a unicast address`)
}

export function checkCheck(check: Check): void {
  if (!(BUILT_KINDS as readonly string[]).includes(check.kind))
    throw new Failure(
      'bad-request',
      `checks of kind ${check.kind} are not made yet; ${BUILT_KINDS.slice(0, -1).join(', ')} and ${BUILT_KINDS.at(-1)} are`,
    )
  if (check.kind !== 'external' || check.command.startsWith('/')) return
  throw new Failure('bad-request', `a command to check with has its path from the root, not '${check.command}'`)
}

function setChecks(draft: Draft, { service, key, checks }: Of<'destination.checks'>): boolean {
  const list = destinationsOf(draft, service)
  const text = destinationKeyText(key)
  const destination = existingDestination(list, text)
  checks?.forEach(checkCheck)
  if (isEqual(checks, destination.checks)) return false
  list.set(text, { ...destination, checks })
  return true
}

function setAdmin(draft: Draft, { service, key, admin, honourPersistence }: Of<'destination.admin'>): boolean {
  const services = service === null ? draft.services() : [existing(draft, service)]
  const chosen = services.flatMap((one) => chosenOf(draft, one, key))
  if (chosen.length === 0) throw new Failure('destination-missing', missing(service && serviceKeyText(service), key))
  const others = chosen.filter(([, d]) => d.admin !== admin || d.honourPersistence !== honourPersistence)
  for (const [one, destination] of others)
    draft.destinations(one).set(destinationKeyText(destination), { ...destination, admin, honourPersistence })
  return others.length > 0
}

function chosenOf(draft: Draft, service: Service, { address, port }: DestinationChoice): [Service, Destination][] {
  return [...draft.destinations(service).values()]
    .filter((one) => (address === null || one.address === address) && (port === null || one.port === port))
    .map((one) => [service, one])
}

function missing(service: string | null, { address, port }: DestinationChoice): string {
  const server = address === null ? 'real server' : `real server ${address}${port === null ? '' : ` port ${port}`}`
  return service === null ? `no service has a ${server}` : `service ${service} has no ${server}`
}
