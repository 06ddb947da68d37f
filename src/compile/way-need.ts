/**
 * Which real servers' routes a table needs. The kernel is asked for each, so those that nobody looks at are left out: behind
 * masq the host routes every packet itself, and only a rule may want to know the interface or its address.
 */
import type { RuleTable } from '../model/netfilter.js'
import type { Destination, Service } from '../model/service.js'
import type { State } from '../model/state.js'

export type WayNeed = (service: Service, destination: Destination) => boolean

export function wayNeed({ nat }: State): WayNeed {
  const [v4, v6] = [asks(nat.v4), asks(nat.v6)]
  return ({ family }, { method }) => method !== 'masq' || (family === 4 ? v4 : v6)
}

/** Addresses of the real servers whose routes `compile` will ask for. */
export function addressesWithWay(state: State): string[] {
  const needed = wayNeed(state)
  return state.services.flatMap((service) =>
    service.destinations.filter((destination) => needed(service, destination)).map(({ address }) => address),
  )
}

const asks = ({ chains }: RuleTable): boolean =>
  chains.some(({ rules }) =>
    rules.some(({ outInterface, target }) => outInterface !== null || target.kind === 'MASQUERADE'),
  )
