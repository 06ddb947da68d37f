/**
 * What a scheduler is: the kernel's hooks (include/net/ip_vs.h, struct ip_vs_scheduler), an object for each service.
 *
 * The constructor is init_service. The hooks come in the order in which destinations were added, edited and removed
 * one by one, after the list changed; a scheduler without memory leaves them out. Positions count in the service's
 * list, newest destination first. A choice allocates nothing and takes at most a few passes over the list.
 */
import type { Service } from '../service.js'

/** Offsets of the two addresses in `Packet.words`. */
export const SOURCE = 0
export const DESTINATION = 4

/** What a scheduler may see of a packet (wire's Frame is one). */
export interface Packet {
  readonly words: Int32Array
  readonly sourcePort: number
}

/**
 * How choices can be made before a client comes: never; as a round that repeats itself; from the counts of connections as
 * they stand; by the client's address alone.
 */
export const Ahead = { never: 0, round: 1, counts: 2, source: 3 } as const
export type Ahead = (typeof Ahead)[keyof typeof Ahead]

export abstract class Scheduler {
  readonly ahead: Ahead = Ahead.never

  protected readonly service: Service

  constructor(service: Service) {
    this.service = service
  }

  /** The destination slot for a new connection, -1: none may take it. `nowMs` counts from any fixed instant. */
  abstract schedule(packet: Packet, nowMs: number): number

  /** What `schedule` would choose; who remembers anything of a choice answers without remembering. */
  peek(packet: Packet, nowMs: number): number {
    return this.schedule(packet, nowMs)
  }

  /** A destination was added, at position 0. */
  added(): void {}

  /** The destination that stood at `position` is gone from the list. */
  removed(_position: number): void {}

  /** A destination's weight, thresholds or method may have changed. */
  edited(): void {}

  /**
   * Into `choices`: of Ahead.round the next ones until they repeat, of Ahead.source one for each hash of a client. How many;
   * 0: none, or more than fit.
   */
  round(_choices: Int32Array): number {
    return 0
  }

  /** done_service: give back what it holds. */
  close(): void {}
}
