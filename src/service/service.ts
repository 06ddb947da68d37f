/**
 * Services and destinations as the data path sees them.
 *
 * Compiled specs come in (ServiceSpec), run-time objects live on across installs: a destination keeps its slot,
 * counters and connections as long as its id lives. This layer promises O(1) lookup at any number of services and
 * the kernel's own choice for every deterministic scheduler. It never reads a clock and never touches a packet.
 */
import type { Words } from '../address/words.js'

/** Forwarding method numbers, as in IPVS (linux/ip_vs.h, IP_VS_CONN_F_FWD_MASK). */
export const Method = { masq: 0, local: 1, tunnel: 2, gate: 3 } as const

export interface DestinationSpec {
  id: number
  family: 4 | 6
  address: Words
  /** 0: keep the port the client used. */
  port: number
  method: number
  weight: number
  upperThreshold: number
  lowerThreshold: number
  /** Interface towards it and that interface's primary address, for MASQUERADE and `-o`; '' and null if no route. */
  outInterface: string
  outAddress: Words | null
}

export interface ServiceSpec {
  id: number
  family: 4 | 6
  protocol: number
  address: Words
  port: number
  fwmark: number
  scheduler: string
  schedulerFlags: number
  persistenceMs: number
  persistenceMask: number
  onePacket: boolean
  /** Newest first: the kernel's list order, which every scheduler walks. */
  destinations: DestinationSpec[]
}
