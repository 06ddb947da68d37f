/**
 * Health: asks the real servers as the desired state says, and knows at any time who is up.
 *
 * Promises that each change of a server's state has the answer that brought it about, in the log and in view(); that
 * what it finds never becomes desired state (effective.ts lays it over); and that memory and sockets are bounded: one
 * talk at a time for each check, a few changes remembered for each server. It carries no traffic and stops none:
 * whoever owns the data path hears `changed` and asks for verdicts().
 */
import type { Log } from '../log/log.js'
import { endpointName, serviceName } from '../model/name.js'
import type { Service } from '../model/service.js'
import type { State } from '../model/state.js'
import type { OpenEcho } from './echo.js'
import { effective, type Verdict, type Verdicts } from './effective.js'
import { type Changed, checksOf, Server } from './server.js'
import type { HealthEvent, HealthView, ServiceHealthView } from './view.js'

export interface WatchParts {
  log: Log
  echo: OpenEcho
  /** Verdicts are others than before. */
  changed(): void
  /** For those who are to be told. It must not throw. */
  told(event: HealthEvent): void
}

export class Watch {
  readonly #parts: WatchParts
  /** By the destination's id. */
  readonly #servers = new Map<number, Server>()
  #state: State | null = null
  /** Of services that are watched: whether they took connections when it was last told. */
  readonly #services = new Map<number, boolean>()

  constructor(parts: WatchParts) {
    this.#parts = parts
  }

  /** Asks from now on what this state wants asked. */
  follow(state: State): void {
    const before = new Map(this.#state?.services.map((service) => [service.id, service]))
    this.#state = state
    const ids = new Set<number>()
    for (const service of state.services) {
      if (service !== before.get(service.id)) this.#followService(service)
      for (const one of service.destinations) if (checksOf(service, one).length > 0) ids.add(one.id)
      if (service.health !== null && !this.#services.has(service.id)) this.#services.set(service.id, true)
    }
    for (const [id, server] of this.#servers) if (!ids.has(id)) this.#drop(id, server)
    const left = new Set(state.services.filter(({ health }) => health !== null).map(({ id }) => id))
    for (const id of this.#services.keys()) if (!left.has(id)) this.#services.delete(id)
  }

  /** What is not in it is up, with its whole weight. */
  verdicts(): Verdicts {
    const verdicts = new Map<number, Verdict>()
    for (const [id, server] of this.#servers) {
      const verdict = server.verdict()
      if (!verdict.up || verdict.share < 1) verdicts.set(id, verdict)
    }
    return verdicts
  }

  view(): HealthView {
    if (this.#state === null) return { services: [] }
    const shown = effective(this.#state, this.verdicts())
    const watched = shown.services.map((service, i) => this.#viewOf(this.#state!.services[i], service))
    return { services: watched.filter((view) => view !== null) }
  }

  close(): void {
    for (const server of this.#servers.values()) server.end()
    this.#servers.clear()
  }

  #followService(service: Service): void {
    for (const one of service.destinations) {
      const server = this.#servers.get(one.id)
      if (server) server.follow(service, one)
      else if (checksOf(service, one).length > 0)
        this.#servers.set(one.id, new Server(service, one, this.#parts.echo, this.#serverChanged))
    }
  }

  #drop(id: number, server: Server): void {
    server.end()
    this.#servers.delete(id)
  }

  readonly #serverChanged = ({ service, destination }: Server, { change }: Changed): void => {
    if (change) {
      const { address, port } = destination
      const text = `real server ${endpointName({ address, port })} of ${serviceName(service)} is ${change.up ? 'up' : 'down'}`
      const { check, sent, received, tookMs } = change
      const facts = { check, tookMs, sent: JSON.stringify(sent), received: JSON.stringify(received) }
      if (change.up) this.#parts.log.info(text, facts)
      else this.#parts.log.warn(`${text}: ${change.reason}`, facts)
      this.#parts.told({ kind: 'server', key: keyOf(service), address, port, change, alert: alerts(service) })
    }
    this.#tellService(service.id)
    this.#parts.changed()
  }

  /** Whether its own servers take connections, if that is news. */
  #tellService(id: number): void {
    const service = this.#state?.services.find((one) => one.id === id)
    const was = this.#services.get(id)
    if (!service || was === undefined) return
    const { up, onFallback } = this.#viewOf(service, effective(this.#stateOf(service), this.verdicts()).services[0])!
    if (up === was) return
    this.#services.set(id, up)
    const text = `virtual service ${serviceName(service)} is ${up ? 'up' : 'down: no real server takes connections'}`
    if (up) this.#parts.log.info(text)
    else this.#parts.log.warn(onFallback ? `${text}; the fallback server does` : text)
    this.#parts.told({ kind: 'service', key: keyOf(service), at: Date.now(), up, onFallback, alert: alerts(service) })
  }

  #stateOf = (service: Service): State => ({ ...this.#state!, services: [service] })

  /** null: nobody said anything of its health or maintenance. */
  #viewOf(service: Service, shown: Service): ServiceHealthView | null {
    const weights = new Map(shown.destinations.map(({ id, weight }) => [id, weight]))
    const isMaintained = service.destinations.some(({ admin, checks }) => admin !== 'online' || checks !== null)
    if (service.health === null && !isMaintained) return null
    const servers = service.destinations.map((one) => {
      const server = this.#servers.get(one.id) ?? new Server(service, one, this.#parts.echo, () => {})
      return server.view(weights.get(one.id) ?? 0)
    })
    const up = servers.some(({ id, up, effectiveWeight }) => up && effectiveWeight > 0 && weights.has(id))
    return { id: service.id, key: keyOf(service), up, onFallback: !up && takesAny(shown), servers }
  }
}

const takesAny = ({ destinations }: Service): boolean => destinations.some(({ weight }) => weight > 0)

const alerts = ({ health }: Service): boolean => health?.alerts ?? false

const keyOf = ({ family, protocol, address, port, fwmark }: Service) => ({ family, protocol, address, port, fwmark })
