/**
 * ICMP errors that reach the engine twice: as the copy of what the host received, and as the packet itself, which was steered
 * because it is for nobody on this host (io/tun/placement.ts). The first to come is taken, the second is forgotten.
 */
import type { Frame } from '../wire/frame.js'
import * as layout from '../wire/layout.js'

export const COPY = 1
export const STEERED = 2

/** Errors of which the other one may still come. */
const KEPT = 64
/** Bytes of ICMP that tell errors apart: its header, one of IPv6, ports and a sequence number. */
const QUOTED = 8 + 40 + 8

export class Twins {
  private readonly view: DataView
  private readonly marks = new Int32Array(KEPT)
  private readonly ways = new Uint8Array(KEPT)
  private next = 0

  constructor(view: DataView) {
    this.view = view
  }

  /** Whether the error in `frame`, which has come by `way`, has come by the other way before. */
  isSecond(frame: Frame, way: typeof COPY | typeof STEERED): boolean {
    const { marks, ways } = this
    const mark = this.markOf(frame)
    for (let i = 0; i < KEPT; i++) {
      if (marks[i] !== mark || ways[i] !== COPY + STEERED - way) continue
      ways[i] = 0
      return true
    }
    marks[this.next] = mark
    ways[this.next] = way
    this.next = (this.next + 1) % KEPT
    return false
  }

  /** Of what routing leaves alone: the whole headers that are quoted, since a sum of them is the same for many. */
  private markOf(frame: Frame): number {
    const { view } = this
    const end = frame.transport + Math.min(QUOTED, (frame.at + frame.length - frame.transport) & ~3)
    let mark = frame.family === 4 ? view.getUint16(frame.at + layout.IPV4_ID) : 0
    for (let i = 0; i < 8; i++) mark = mixed(mark, frame.words[i])
    for (let at = frame.transport; at < end; at += 4) mark = mixed(mark, view.getInt32(at))
    return mark
  }
}

const mixed = (mark: number, word: number): number => {
  const product = Math.imul(mark ^ word, 0x9e3779b1)
  return product ^ (product >>> 15)
}
