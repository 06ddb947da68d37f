/**
 * A state being changed: services and destinations indexed by key, so that a batch costs what its commands cost
 * and not what the state weighs. The state it began with is never touched; what did not change is shared with it.
 */
import type { Destination, Service, ServiceKey } from '../model/service.js'
import { destinationKeyText, serviceKeyText } from '../model/service.js'
import type { State } from '../model/state.js'
import type { Family } from './command.js'
import { NatDraft } from './nat/draft.js'

export class Draft {
  /** All but the services and the nat tables, which are the base's until finish(). */
  state: State
  readonly #base: State
  #services: Map<string, Service> | null = null
  /** Destinations of the services whose list is being changed, by service key. */
  readonly #open = new Map<string, Map<string, Destination>>()
  readonly #nat = new Map<Family, NatDraft>()

  constructor(base: State) {
    this.#base = base
    this.state = { ...base }
  }

  service(key: ServiceKey): Service | undefined {
    return this.#index().get(serviceKeyText(key))
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

  /** The family's nat table, open for change. */
  nat(family: Family): NatDraft {
    let table = this.#nat.get(family)
    if (!table) {
      table = new NatDraft(family === 4 ? this.#base.nat.v4 : this.#base.nat.v6, () => this.takeId())
      this.#nat.set(family, table)
    }
    return table
  }

  /** In the place of the one that was open. */
  putNat(table: NatDraft): void {
    this.#nat.set(table.family, table)
  }

  takeId(): number {
    return this.state.nextId++
  }

  /** The new state; the base itself if no revision was made. */
  finish(): State {
    if (this.state.revision === this.#base.revision) return this.#base
    if (this.#services) this.state.services = this.#closed(this.#services)
    if (this.#nat.size > 0) this.state.nat = { v4: this.nat(4).table(), v6: this.nat(6).table() }
    return this.state
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
