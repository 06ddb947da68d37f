/**
 * What a configuration file states: all that is desired, without the ids and counters that only a director gives.
 *
 * Plain data, JSON-safe, nothing optional. A director makes a state of it (commands/config.ts).
 */
import type { Admin } from './check.js'
import type { Policy, RuleSpec, TableName } from './netfilter.js'
import type { Destination, Service } from './service.js'
import type { Settings } from './settings.js'
import type { Timeouts } from './state.js'

export interface Maintenance {
  admin: Admin
  honourPersistence: boolean
}

export interface DesiredDestination extends Omit<Destination, 'id' | keyof Maintenance> {
  /** null: as it is, and online where it is new. */
  maintenance: Maintenance | null
}

export interface DesiredService extends Omit<Service, 'id' | 'destinations'> {
  destinations: DesiredDestination[]
}

export interface DesiredChain {
  name: string
  /** null for a user chain. */
  policy: Policy | null
  rules: RuleSpec[]
}

export interface DesiredTable {
  name: TableName
  family: 4 | 6
  /** Built-in chains first, in netfilter's order. */
  chains: DesiredChain[]
}

export interface Desired {
  services: DesiredService[]
  /** One of each name and family: nat and mangle, IPv4 and IPv6. */
  tables: DesiredTable[]
  timeouts: Timeouts
  settings: Settings
}
