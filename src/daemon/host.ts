/** The machine around a data path, as the director needs it; injected, so that a director also runs without one. */
import type { Routes } from '../compile/compile.js'
import type { OpenEcho } from '../health/echo.js'
import type { LocalPorts, SteeringSpec } from '../io/tun/spec.js'
import type { HostAddresses } from '../nat/address-kind.js'
import type { SyncHost } from '../sync/synchronisation.js'

export interface Host extends SyncHost {
  readonly routes: Routes
  /** Asks for the routes to many addresses at once, which `routes` then has at hand. */
  learnRoutes(addresses: Iterable<string>): void
  /** Takes exactly these packets from the host's own stack to the data path. */
  steer(spec: SteeringSpec): Promise<void>
  /** Echo requests, for checks of real servers. */
  readonly echo: OpenEcho
  /** Gives the host back as it was found. */
  restore(): Promise<void>
  localPorts(): LocalPorts
  /** Addresses that interfaces here have, canonical text. */
  addresses(): ReadonlySet<string>
  /** The same, and the broadcast addresses of their networks, as a data path asks for them. */
  addressKinds(): HostAddresses
  /** Sockets here that wait for clients: `tcp 192.0.2.45 80`, with `*` for every address. */
  listeners(): ReadonlySet<string>
  /** Calls back when routes or addresses have changed; the answer ends it. */
  watch(changed: () => void): () => void
  /** What was found or changed here that an operator should know, one line each. */
  warnings(): string[]
}
