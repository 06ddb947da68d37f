/** What the engine answers when it is asked what it does with a packet: plain data, ids of services, servers and rules. */
import type { Words } from '../address/words.js'
import type { Reason } from '../failure/reason.js'
import type { ConnectionView } from './data-plane.js'

/** A packet by its tuple, as the client sends it or (of a connection that is there) as its real server does. */
export interface Asked {
  /** IP protocol: 6, 17, 132. */
  protocol: number
  source: Words
  sourcePort: number
  destination: Words
  destinationPort: number
}

/** A packet that was dropped. */
export interface DropView {
  /** How long ago. */
  agoMs: number
  reason: keyof typeof Reason
  protocol: number
  source: string
  sourcePort: number
  destination: string
  destinationPort: number
  /** How often in a row. */
  times: number
}

/** A connection that is there. */
export interface RunningView {
  view: ConnectionView
  /** Asked for by the packet of its real server. */
  reply: boolean
  /** 0: it is not here. */
  service: number
  destination: number
  /** IPVS's number of the forwarding method. */
  method: number
  ageMs: number
  /** Packets from the client. */
  packets: number
  /** Its handshake is not over. */
  halfOpen: boolean
  /** The longest packet that the way to its real server is known to take; 0: nothing is known. */
  mtu: number
}

/** Rules and policies that count the packet, in their order, by id, and what follows. */
export interface WalkView {
  counted: number[]
  kind: 'none' | 'snat' | 'masquerade' | 'drop'
}

export interface CandidateView {
  destination: number
  weight: number
  active: number
  inactive: number
  /** Connections at which it takes no new one; 0: none. */
  upper: number
  overloaded: boolean
}

export interface SourceView extends WalkView {
  outcome: 'kept' | 'translated' | 'dry' | 'drop'
  address: string
  port: number
  /** Whose ports; the rule by name, or the client's own address. */
  pool: string
}

/** What a new connection of this tuple would meet, step by step; null from the step on that is not reached. */
export interface ForeseenView {
  marks: WalkView & { mark: number }
  service: { id: number; by: 'mark' | 'exact' | 'any-port' | 'ftp' } | null
  /** Of a persistent service: its client's template; null if one would be made. */
  template: ConnectionView | null
  /** In the order of the scheduler's list. */
  candidates: CandidateView[]
  /** Chosen now, by template or scheduler; 0: none. */
  destination: number
  method: number
  /** Where it is sent. */
  port: number
  mtu: number
  source: SourceView | null
  /** Why it would go no further; 'none': it would be made. */
  reason: keyof typeof Reason
}

export interface Explanation {
  running: RunningView | null
  foreseen: ForeseenView
  /** The latest first. */
  drops: DropView[]
}
