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
/** Where the next search begins: one for each port class, one for given ranges. */
export const CURSORS = 11
export const CURSOR_COUNT = 4
const HASH = 15
const OLDER = 16
const NEWER = 17
export const BITMAP = 18
const WORDS = BITMAP + BITMAP_WORDS

const KEY_WORDS = 9
const IDLE_SPACES = 4096
const FIRST_SIZE = 64

export class SpaceTable {
  readonly slab = new Slab(WORDS)
  /** Handles; 0 is an empty place. */
  private places = new Int32Array(FIRST_SIZE)
  private readonly key = new Int32Array(KEY_WORDS)
  private keyHash = 0
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
    this.setKey(words, source, destination, port, protocol)
    return this.places[this.placeOfKey()]
  }

  /** Handle of a space, made if there is none; a new one is all zero but for its key. */
  reach(words: Int32Array, source: number, destination: number, port: number, protocol: number): number {
    return this.find(words, source, destination, port, protocol) || this.add()
  }

  private setKey(words: Int32Array, source: number, destination: number, port: number, protocol: number): void {
    const key = this.key
    let hash = 0
    for (let i = 0; i < 4; i++) {
      key[SOURCE + i] = words[source + i]
      key[DESTINATION + i] = words[destination + i]
    }
    key[KIND] = (protocol << 16) | port
    for (let i = 0; i < KEY_WORDS; i++) {
      hash = Math.imul(hash ^ key[i], 0x9e3779b1)
      hash ^= hash >>> 15
    }
    this.keyHash = hash
  }

  /** The place that holds the key, or the empty one where it belongs. */
  private placeOfKey(): number {
    const mask = this.places.length - 1
    let place = this.keyHash & mask
    while (this.places[place] !== 0 && !this.isKey(this.places[place])) place = (place + 1) & mask
    return place
  }

  private isKey(handle: number): boolean {
    const record = this.slab.block(handle)
    const at = this.slab.at(handle)
    for (let i = 0; i < KEY_WORDS; i++) if (record[at + i] !== this.key[i]) return false
    return true
  }

  private add(): number {
    if (this.idleCount >= IDLE_SPACES) this.giveBackOldest()
    if ((this.count + 1) * 2 > this.places.length) this.grow()
    const handle = this.slab.take()
    const record = this.slab.block(handle)
    const at = this.slab.at(handle)
    record.set(this.key, at)
    record[at + HASH] = this.keyHash
    this.places[this.placeOfKey()] = handle
    this.count++
    this.idle(handle)
    return handle
  }

  private grow(): void {
    const old = this.places
    this.places = new Int32Array(old.length * 2)
    const mask = this.places.length - 1
    for (let i = 0; i < old.length; i++) {
      if (old[i] === 0) continue
      let place = this.hashOf(old[i]) & mask
      while (this.places[place] !== 0) place = (place + 1) & mask
      this.places[place] = old[i]
    }
  }

  private hashOf(handle: number): number {
    return this.slab.block(handle)[this.slab.at(handle) + HASH]
  }

  /** A space has no ports: it becomes the newest of the idle ones. */
  idle(handle: number): void {
    this.link(handle, this.newestIdle, 0)
    this.idleCount++
  }

  /** A space of the idle ones gets its first port. */
  busy(handle: number): void {
    this.unlink(handle)
    this.idleCount--
  }

  private link(handle: number, older: number, newer: number): void {
    const record = this.slab.block(handle)
    const at = this.slab.at(handle)
    record[at + OLDER] = older
    record[at + NEWER] = newer
    if (older !== 0) this.setLink(older, NEWER, handle)
    else this.oldestIdle = handle
    this.newestIdle = handle
  }

  private unlink(handle: number): void {
    const record = this.slab.block(handle)
    const at = this.slab.at(handle)
    const older = record[at + OLDER]
    const newer = record[at + NEWER]
    if (older !== 0) this.setLink(older, NEWER, newer)
    else this.oldestIdle = newer
    if (newer !== 0) this.setLink(newer, OLDER, older)
    else this.newestIdle = older
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
