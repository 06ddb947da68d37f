/**
 * The packets of one burst, read before any of them is handled: the first half of each packet's way, which changes
 * nothing. What the second half needs of each packet then waits for no memory.
 */
import type { ConnectionTable } from '../conn/table.js'
import { Reason } from '../failure/reason.js'
import { BURST, type Packet } from '../io/port.js'
import { decode } from '../wire/decode.js'
import { Frame } from '../wire/frame.js'

const NONE = Reason.none
const NEEDS_CHECKSUM = 1

export class Intake {
  readonly frames = Array.from({ length: BURST }, () => new Frame())
  /** Why the packet cannot be carried, else Reason.none. */
  readonly reasons = new Int32Array(BURST)
  /** Of the packet's tuple; of an older one if the packet cannot be carried. */
  readonly hashes = new Int32Array(BURST)
  private readonly view: DataView
  private readonly table: ConnectionTable

  constructor(view: DataView, table: ConnectionTable) {
    this.view = view
    this.table = table
  }

  /** Reads `packet`, which has place `i`, less than BURST, and a slot of its own. */
  read(packet: Packet, i: number): void {
    const frame = this.frames[i]
    const reason = decode(this.view, packet.at, packet.at + packet.length, frame)
    this.reasons[i] = reason
    if (reason !== NONE) return
    frame.partialChecksum = (packet.flags & NEEDS_CHECKSUM) !== 0
    this.hashes[i] = this.table.hashOf(frame.protocol, frame.words, 0, portsOf(frame))
  }

  /** All `count` packets are read: their connections come nearer. */
  lookAhead(count: number): void {
    this.table.warm(this.hashes, count)
  }
}

/** Both ports as the table keeps them. */
export const portsOf = (frame: Frame): number => (frame.sourcePort << 16) | frame.destinationPort
