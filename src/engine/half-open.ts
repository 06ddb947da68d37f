/**
 * Connections whose handshake is not over: so many at most, and of more than that the oldest goes. A flood of SYNs then costs
 * other floods' SYNs, and not the table of clients that do answer.
 *
 * A ring of the connections made last, as many as may be half open: who falls out of it and is still half open ends. One that
 * has answered falls out unseen. LVS has drop_entry for this (overload.ts), once memory is scarce; both work side by side.
 */
import * as record from '../conn/record.js'
import { SctpState } from '../conn/sctp.js'
import type { ConnectionTable } from '../conn/table.js'
import { TcpState } from '../conn/tcp.js'
import { Reason } from '../failure/reason.js'
import * as layout from '../wire/layout.js'
import type { Connections } from './connections.js'
import type { Events } from './events.js'

const { Flag } = record
/** As long as a client's round trip may be at three hundred thousand SYNs a second: a tenth of a second. */
const MOST = 1 << 15
/** A table's quarter, but not less than these: a table of few is no attacker's aim. */
const SHARE = 4
const LEAST = 1 << 10
/** Younger ones may still be answered when a place is wanted: the round trip of a client that is far away. */
const LEAST_AGE = record.ticksOf(250)
/** In SYN_RECV and SYNACK, in INIT1 and INIT. */
const HALF_OPEN_TCP = (1 << TcpState.synRecv) | (1 << TcpState.synAck)
const HALF_OPEN_SCTP = (1 << SctpState.init1) | (1 << SctpState.init)

/** Of a record's first word, in use. */
export function isHalfOpen(meta: number): boolean {
  const states = (meta & 0xff) === layout.TCP ? HALF_OPEN_TCP : (meta & 0xff) === layout.SCTP ? HALF_OPEN_SCTP : 0
  return ((states >>> record.stateOf(meta)) & 1) !== 0
}

export class HalfOpen {
  private readonly connections: Connections
  private readonly table: ConnectionTable
  private readonly drops: Float64Array
  private readonly events: Events
  private readonly handles: Int32Array
  /** By handle: where in the row of all that were ever made it stands. Another one may have the handle by now. */
  private readonly places: Int32Array
  private readonly mask: number
  private first = 0
  private count = 0

  constructor(connections: Connections, drops: Float64Array, events: Events) {
    this.connections = connections
    this.table = connections.table
    this.drops = drops
    this.events = events
    const size = 1 << Math.floor(Math.log2(Math.max(LEAST, Math.min(MOST, this.table.capacity / SHARE))))
    this.handles = new Int32Array(size)
    this.places = new Int32Array(this.table.capacity).fill(-1)
    this.mask = size - 1
  }

  /** A connection was made that begins with a handshake. */
  opened(handle: number, nowTick: number): void {
    if (this.count > this.mask) this.giveUp(this.takeFirst(), nowTick)
    const place = (this.first + this.count++) | 0
    this.handles[place & this.mask] = handle
    this.places[handle] = place
  }

  /** There is no room in the table: true if there is now. */
  makeRoom(nowTick: number): boolean {
    while (this.count > 0 && this.isOld(this.first, nowTick)) if (this.giveUp(this.takeFirst(), nowTick)) return true
    return false
  }

  /** Or gone. */
  private isOld(place: number, nowTick: number): boolean {
    const handle = this.handles[place & this.mask]
    const made = this.table.words[this.table.base(handle) + record.CREATED]
    return this.places[handle] !== place || ((nowTick - made) | 0) >= LEAST_AGE
  }

  private takeFirst(): number {
    const place = this.first
    this.first = (place + 1) | 0
    this.count--
    return place
  }

  /** False: that one has answered, or is gone. */
  private giveUp(place: number, nowTick: number): boolean {
    const handle = this.handles[place & this.mask]
    const { words } = this.table
    const base = this.table.base(handle)
    const meta = words[base + record.META]
    if ((meta & (Flag.live | Flag.born)) !== Flag.live || !isHalfOpen(meta)) return false
    if (this.places[handle] !== place || words[base + record.CONTROLLED] > 0) return false
    this.connections.failed(base, Reason.halfOpen, nowTick)
    this.connections.drop(handle)
    this.drops[Reason.halfOpen]++
    this.events.flooded(nowTick)
    return true
  }
}
