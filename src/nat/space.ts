/**
 * The spaces of the allocator: an open-addressing table from (protocol, source, destination, destination port) to a
 * record. Linear probing, half full at most, removal by shifting back, keys as words.
 *
 * A space without ports keeps its record, and with it the cursors that make a port come back late, until more than
 * IDLE_SPACES are empty; then the one that is empty longest is given back.
 */
import { BITMAP_WORDS } from './bitmap.js'
import { Slab } from './slab.js'

/** Layout of a record. */
export const SOURCE = 0
export const DESTINATION = 4
/** Protocol in the upper half, destination port in the lower. */
export const KIND = 8
export const USED = 9
/** Of the blocked ports its bitmap was last refreshed for. */
export const GENERATION = 10
/** Where the next search begins, four words: one for each port class, one for given ranges. */
export const CURSORS = 11
const HASH = 15
const OLDER = 16
const NEWER = 17
export const BITMAP = 18
const WORDS = BITMAP + BITMAP_WORDS

const IDLE_SPACES = 4096
const FIRST_SIZE = 64

/** Products that do not wait for one another, then murmur3's finish. */
export function hashOf(words: Int32Array, source: number, destination: number, kind: number): number {
  const low = Math.imul(words[source + 3], 0x9e3779b1) ^ Math.imul(words[source + 2], 0x85ebca77)
  const high = Math.imul(words[source + 1], 0xc2b2ae3d) ^ Math.imul(words[source], 0x27d4eb2f)
  const server = Math.imul(words[destination + 3], 0x165667b1) ^ Math.imul(words[destination + 2], 0xd3a2646d)
  const net = Math.imul(words[destination + 1], 0xfd7046c5) ^ Math.imul(words[destination], 0xb55a4f09)
  let hash = Math.imul(low + net, 0x2c1b3c6d) ^ (server + high) ^ Math.imul(kind, 0x297a2d39)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return hash ^ (hash >>> 16)
}

const isKey = (
  record: Int32Array,
  at: number,
  words: Int32Array,
  source: number,
  destination: number,
  kind: number,
): boolean =>
  record[at + KIND] === kind &&
  record[at + SOURCE + 3] === words[source + 3] &&
  record[at + DESTINATION + 3] === words[destination + 3] &&
  record[at + SOURCE + 2] === words[source + 2] &&
  record[at + DESTINATION + 2] === words[destination + 2] &&
  record[at + SOURCE + 1] === words[source + 1] &&
  record[at + DESTINATION + 1] === words[destination + 1] &&
  record[at + SOURCE] === words[source] &&
  record[at + DESTINATION] === words[destination]

export class SpaceTable {
  readonly slab = new Slab(WORDS)
  /** Handles; 0 is an empty place. */
  private places = new Int32Array(FIRST_SIZE)
  private count = 0
  private idleCount = 0
  private oldestIdle = 0
  private newestIdle = 0

  get size(): number {
    return this.count
  }

  get bytes(): number {
    return this.slab.bytes + this.places.byteLength
  }

  /** Handle of a space, 0 if there is none. */
  find(words: Int32Array, source: number, destination: number, port: number, protocol: number): number {
    const kind = (protocol << 16) | port
    const hash = hashOf(words, source, destination, kind)
    const mask = this.places.length - 1
    for (let place = hash & mask; ; place = (place + 1) & mask) {
      const handle = this.places[place]
      if (handle === 0) return 0
      const record = this.slab.block(handle)
      const at = this.slab.at(handle)
      if (record[at + HASH] === hash && isKey(record, at, words, source, destination, kind)) return handle
    }
  }

  /** Handle of a space, made if there is none; a new one is all zero but for its key. */
  reach(words: Int32Array, source: number, destination: number, port: number, protocol: number): number {
    return (
      this.find(words, source, destination, port, protocol) ||
      this.add(words, source, destination, (protocol << 16) | port)
    )
  }

  private add(words: Int32Array, source: number, destination: number, kind: number): number {
    if (this.idleCount >= IDLE_SPACES) this.giveBackOldest()
    if ((this.count + 1) * 2 > this.places.length) this.grow()
    const handle = this.slab.take()
    const record = this.slab.block(handle)
    const at = this.slab.at(handle)
    for (let i = 0; i < 4; i++) {
      record[at + SOURCE + i] = words[source + i]
      record[at + DESTINATION + i] = words[destination + i]
    }
    record[at + KIND] = kind
    record[at + HASH] = hashOf(words, source, destination, kind)
    this.place(handle)
    this.count++
    this.idle(handle)
    return handle
  }

  private place(handle: number): void {
    const mask = this.places.length - 1
    let place = this.hashOf(handle) & mask
    while (this.places[place] !== 0) place = (place + 1) & mask
    this.places[place] = handle
  }

  private grow(): void {
    const old = this.places
    this.places = new Int32Array(old.length * 2)
    for (let i = 0; i < old.length; i++) if (old[i] !== 0) this.place(old[i])
  }

  private hashOf(handle: number): number {
    return this.slab.block(handle)[this.slab.at(handle) + HASH]
  }

  /** A space has no ports: it becomes the newest of the idle ones. */
  idle(handle: number): void {
    this.setLink(handle, OLDER, this.newestIdle)
    this.setLink(handle, NEWER, 0)
    if (this.newestIdle !== 0) this.setLink(this.newestIdle, NEWER, handle)
    else this.oldestIdle = handle
    this.newestIdle = handle
    this.idleCount++
  }

  /** A space of the idle ones gets its first port. */
  busy(handle: number): void {
    const record = this.slab.block(handle)
    const at = this.slab.at(handle)
    const older = record[at + OLDER]
    const newer = record[at + NEWER]
    if (older !== 0) this.setLink(older, NEWER, newer)
    else this.oldestIdle = newer
    if (newer !== 0) this.setLink(newer, OLDER, older)
    else this.newestIdle = older
    this.idleCount--
  }

  private setLink(handle: number, field: number, to: number): void {
    this.slab.block(handle)[this.slab.at(handle) + field] = to
  }

  private giveBackOldest(): void {
    const handle = this.oldestIdle
    this.busy(handle)
    this.removePlace(this.placeOf(handle))
    this.slab.give(handle)
    this.count--
  }

  private placeOf(handle: number): number {
    const mask = this.places.length - 1
    let place = this.hashOf(handle) & mask
    while (this.places[place] !== handle) place = (place + 1) & mask
    return place
  }

  /** Shifts back whoever probed past the emptied place, so that no search ends early. */
  private removePlace(hole: number): void {
    const mask = this.places.length - 1
    for (let place = (hole + 1) & mask; this.places[place] !== 0; place = (place + 1) & mask) {
      const home = this.hashOf(this.places[place]) & mask
      if (((place - home) & mask) < ((place - hole) & mask)) continue
      this.places[hole] = this.places[place]
      hole = place
    }
    this.places[hole] = 0
  }

  /** Every space's handle, in no promised order; the table must not change meanwhile. */
  forEach(visit: (handle: number) => void): void {
    for (let i = 0; i < this.places.length; i++) if (this.places[i] !== 0) visit(this.places[i])
  }
}
