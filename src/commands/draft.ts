/**
 * A state being changed: services and destinations indexed by key, so that a batch costs what its commands cost
 * and not what the state weighs. The state it began with is never touched; what did not change is shared with it.
 */

import type { RuleTable, TableName } from '../model/netfilter.js'
import type { Destination, Service, ServiceKey } from '../model/service.js'
import { destinationKeyText, serviceKeyText } from '../model/service.js'
import { type State, tableOf } from '../model/state.js'
import type { Family } from './command.js'
import { TableDraft } from './table/draft.js'

export class Draft {
  /** All but the services and the tables of rules, which are the base's until finish(). */
  state: State
  readonly #base: State
  #services: Map<string, Service> | null = null
  /** Destinations of the services whose list is being changed, by service key. */
  readonly #open = new Map<string, Map<string, Destination>>()
  /** By name and family. */
  readonly #tables = new Map<string, TableDraft>()

  constructor(base: State) {
    this.#base = base
    this.state = { ...base }
  }

  service(key: ServiceKey): Service | undefined {
    return this.#index().get(serviceKeyText(key))
  }

  services(): Service[] {
    return [...this.#index().values()]
  }

  /** With the changes of their destinations. */
  currentServices(): Service[] {
    return this.#closed(new Map(this.#index()))
  }

  /** Adds a service, or replaces it in its place. Its destinations stay those of the draft. */
  putService(service: Service): void {
    this.#index().set(serviceKeyText(service), service)
  }

  removeService(key: ServiceKey): void {
    const text = serviceKeyText(key)
    this.#index().delete(text)
    this.#open.delete(text)
  }

  clearServices(): void {
    this.#services = new Map()
    this.#open.clear()
  }

  get serviceCount(): number {
    return this.#index().size
  }

  /** The destinations of a service by destinationKeyText, open for change. */
  destinations(service: Service): Map<string, Destination> {
    const text = serviceKeyText(service)
    let list = this.#open.get(text)
    if (!list) {
      list = new Map(service.destinations.map((d) => [destinationKeyText(d), d]))
      this.#open.set(text, list)
    }
    return list
  }

  /** Open for change. */
  table(name: TableName, family: Family): TableDraft {
    const key = tableKey(name, family)
    let table = this.#tables.get(key)
    if (!table) {
      table = new TableDraft(tableOf(this.#base, name, family), () => this.takeId())
      this.#tables.set(key, table)
    }
    return table
  }

  /** In the place of the one that was open. */
  putTable(table: TableDraft): void {
    this.#tables.set(tableKey(table.name, table.family), table)
  }

  takeId(): number {
    return this.state.nextId++
  }

  /** The new state; the base itself if no revision was made. */
  finish(): State {
    if (this.state.revision === this.#base.revision) return this.#base
    if (this.#services) this.state.services = this.#closed(this.#services)
    for (const name of ['nat', 'mangle'] as const) this.state[name] = this.#tablesOf(name)
    return this.state
  }

  #tablesOf(name: TableName): State['nat'] {
    const { v4, v6 } = this.#base[name]
    const now = (base: RuleTable): RuleTable => this.#tables.get(tableKey(name, base.family))?.table() ?? base
    const tables = { v4: now(v4), v6: now(v6) }
    return tables.v4 === v4 && tables.v6 === v6 ? this.#base[name] : tables
  }

  #index(): Map<string, Service> {
    this.#services ??= new Map(this.#base.services.map((service) => [serviceKeyText(service), service]))
    return this.#services
  }

  #closed(services: Map<string, Service>): Service[] {
    for (const [text, list] of this.#open) {
      const service = services.get(text)
      if (service) services.set(text, { ...service, destinations: [...list.values()] })
    }
    return [...services.values()]
  }
}

const tableKey = (name: TableName, family: Family): string => `${name} ${family}`
