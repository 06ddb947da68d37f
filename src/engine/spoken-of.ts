/** The connection that an ICMP error is about; with schedule_icmp that may be a new one. */
import { REQUEST } from '../conn/record.js'
import { Reason } from '../failure/reason.js'
import type { Frame } from '../wire/frame.js'
import { isBalanced } from './beginning.js'
import type { Connections } from './connections.js'
import type { IcmpPath } from './icmp.js'
import type { KernelSide } from './kernel-side.js'
import { DROPPED, type Matching } from './matching.js'
import type { Opening } from './opening.js'
import type { Overload } from './overload.js'
import type { EngineSettings } from './table.js'

/** ~Reason.none: no connection, and no reason to drop. */
export const NOBODYS = -1

export interface SpokenOfParts {
  kernel: KernelSide | null
  connections: Connections
  overload: Overload
  settings: Pick<EngineSettings, 'schedulesIcmp'>
}

export class SpokenOf {
  private readonly parts: SpokenOfParts
  private readonly icmp: IcmpPath
  private readonly matching: Matching
  private readonly opening: Opening

  constructor(parts: SpokenOfParts, icmp: IcmpPath, matching: Matching, opening: Opening) {
    this.parts = parts
    this.icmp = icmp
    this.matching = matching
    this.opening = opening
  }

  /** The ref of the connection, a new one if the error speaks of a service's answer; ~Reason of what is to be dropped; NOBODYS. */
  find(frame: Frame, nowTick: number, nowMs: number): number {
    const { kernel, connections, overload, settings } = this.parts
    kernel?.collect()
    const ref = this.icmp.find(frame)
    const asked = ref < 0 && settings.schedulesIcmp ? this.icmp.asked(frame) : null
    if (asked === null || !isBalanced(asked.protocol)) return ref
    const service = this.matching.findAsked(frame, asked)
    if (service === DROPPED) return ~Reason.ruleDrop
    if (service < 0) return NOBODYS
    if (overload.dropsPacket()) return ~Reason.overload
    const handle = this.opening.open(service, asked, nowTick, nowMs)
    if (handle < 0) return handle
    connections.await(handle, nowTick)
    return (handle << 1) | REQUEST
  }
}
