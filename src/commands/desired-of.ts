/** What is desired now, as a configuration could state it. */
import type { Desired, DesiredTable } from '../model/desired.js'
import type { RuleTable } from '../model/netfilter.js'
import type { State } from '../model/state.js'

export function desiredOf({ services, nat, mangle, timeouts, settings }: State): Desired {
  return {
    services: services.map(({ id: _, destinations, ...service }) => ({
      ...service,
      destinations: destinations.map(({ id: _, admin, honourPersistence, ...destination }) => ({
        ...destination,
        maintenance: { admin, honourPersistence },
      })),
    })),
    tables: [nat.v4, nat.v6, mangle.v4, mangle.v6].map(tableOf),
    timeouts,
    settings,
  }
}

const tableOf = ({ name, family, chains }: RuleTable): DesiredTable => ({
  name,
  family,
  chains: chains.map(({ name, policy, rules }) => ({
    name,
    policy,
    rules: rules.map(({ id: _, packets: _p, bytes: _b, ...rule }) => rule),
  })),
})
