/**
 * The forwarding table: the compiled, immutable form of all services and nat rules that a data path runs.
 *
 * Plain arrays of numbers and names, safe to post to a worker. Everything that could fail has failed before:
 * a data path installs it without checks.
 */
import type { ChainSpec } from '../nat/chain.js'
import type { ServiceSpec } from '../service/service.js'

export interface TimeoutsMs {
  tcp: number
  tcpFin: number
  udp: number
}

export interface ForwardingTable {
  revision: number
  services: ServiceSpec[]
  /** POSTROUTING and what it reaches, per family. */
  nat: { v4: ChainSpec[]; v6: ChainSpec[] }
  timeouts: TimeoutsMs
}
