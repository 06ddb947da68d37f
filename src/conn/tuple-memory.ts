/**
 * What a real server may still know of a tuple whose connection has ended here: where the client's sequence and timestamps
 * ended. For the server's TIME_WAIT holds longer than an entry that a reset or a re-used port has ended.
 *
 * A fixed number of places, one for each hash, the newest wins: a tuple may be forgotten, and (one time in 65 536) be
 * taken for another. Both cost nothing but a repair not made, or made without need. It never reads a clock.
 */
import { ticksOf } from './record.js'

export const ENDED_PLACES = 1 << 16
/** A place: the hash but for its lowest bit, tick of the last packet, end of the sequence, timestamp. */
export const ENDED_WORDS = 4

/** Linux holds TIME_WAIT for 60 s, other systems for up to 120 s, as LVS does. */
export const ENDED_HOLD = ticksOf(120_000)

export class TupleMemory {
  /** Of the tuple that `recall` found: as record.ts has them, 0 unknown. */
  end = 0
  stamp = 0
  private readonly places: Int32Array

  /** In memory that a program in the kernel reads (bpf/repair.h), or (null) in its own. */
  constructor(memory: ArrayBuffer | null = null) {
    this.places = new Int32Array(memory ?? new ArrayBuffer(ENDED_PLACES * ENDED_WORDS * 4))
  }

  /** `words` from `at` on: the real server's address, then the source address; `ports`: server's << 16 | source port. */
  remember(words: Int32Array, at: number, ports: number, end: number, stamp: number, lastTick: number): void {
    const hash = hashOf(words, at, ports)
    const place = (hash & (ENDED_PLACES - 1)) * ENDED_WORDS
    this.places[place] = hash | 1
    this.places[place + 1] = lastTick
    this.places[place + 2] = end
    this.places[place + 3] = stamp
  }

  /** Whether the server may know the tuple; then `end` and `stamp` say what. */
  recall(words: Int32Array, at: number, ports: number, nowTick: number): boolean {
    const hash = hashOf(words, at, ports)
    const place = (hash & (ENDED_PLACES - 1)) * ENDED_WORDS
    if (this.places[place] !== (hash | 1) || isPast(this.places[place + 1], nowTick)) return false
    this.end = this.places[place + 2]
    this.stamp = this.places[place + 3]
    return true
  }
}

/** Whether a server has forgotten a tuple whose last packet was at `lastTick`. */
export const isPast = (lastTick: number, nowTick: number): boolean => ((nowTick - lastTick) | 0) >= ENDED_HOLD

/** Products that do not wait for one another, then murmur3's finish. */
function hashOf(words: Int32Array, at: number, ports: number): number {
  const server = Math.imul(words[at + 3], 0x165667b1) ^ Math.imul(words[at + 2], 0xd3a2646d)
  const net = Math.imul(words[at + 1], 0xfd7046c5) ^ Math.imul(words[at], 0xb55a4f09)
  const source = Math.imul(words[at + 7], 0x9e3779b1) ^ Math.imul(words[at + 6], 0x85ebca77)
  const high = Math.imul(words[at + 5], 0xc2b2ae3d) ^ Math.imul(words[at + 4], 0x27d4eb2f)
  let hash = Math.imul(source + net, 0x2c1b3c6d) ^ (server + high) ^ Math.imul(ports, 0x297a2d39)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return hash ^ (hash >>> 16)
}
