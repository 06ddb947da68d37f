/**
 * The connection table: one hash table for both directions, over memory that outlives the process.
 *
 * Promises: find, insert and remove in constant time, no allocation, no exception; a ref is `handle << 1 | direction`.
 * Records live in memory the caller gives (a mapped file); the hash chains and the free list are rebuilt by `adopt`
 * from whatever whole records a dead process left. It never reads a clock and never looks at a packet.
 */
import {
  CHAIN,
  CLIENT,
  CLIENT_PORTS,
  COLD_WORDS,
  CONNECTION_BYTES,
  CONTROLLED,
  DESTINATION_SLOT,
  Flag,
  META,
  REAL_PORTS,
  RECORD_WORDS,
  REPLY,
  REQUEST,
  TEMPLATE_KIND,
} from './record.js'

/**
 * Words before the first record: layout, capacity, boot id (4 words), high-water mark, rest reserved. As long as a
 * record: in page-aligned memory a record is two neighbouring cache lines, which processors fetch as a pair.
 */
export const HEADER_WORDS = 32
/** Handles from here on were never used: their memory is untouched (a mapped file keeps its holes). */
const HIGH_WATER = 6
const LAYOUT = 0x66_6e_00_03 // 'fn', layout 3
/** Two entries each: half-filled buckets make most chains one entry long. */
const BUCKETS_PER_CONNECTION = 4

export const bytesFor = (capacity: number): number => HEADER_WORDS * 4 + capacity * CONNECTION_BYTES

/** How many connections the table in these first words of a memory has room for; 0 if there is none of this layout. */
export const capacityIn = (header: Int32Array): number => (header[0] === LAYOUT ? header[1] : 0)

export interface TableSeed {
  /** Two random words; an attacker who knows them can aim at one chain. */
  hash: readonly [number, number]
  /** Identifies this boot: ticks of another boot mean nothing. */
  boot: readonly [number, number, number, number]
}

export class ConnectionTable {
  readonly capacity: number
  /** Records begin at word HEADER_WORDS; `base(handle)` finds one. */
  readonly words: Int32Array
  private readonly heads: Int32Array
  private readonly mask: number
  private readonly keys: Int32Array
  private readonly cold: number
  private freeHead = -1
  private used = 0

  /** `memory` is `bytesFor(capacity)` long. Records in it are untouched until `adopt` or `clear`. */
  constructor(memory: ArrayBufferLike, capacity: number, seed: TableSeed) {
    this.capacity = capacity
    this.words = new Int32Array(memory, 0, bytesFor(capacity) / 4)
    const buckets = 1 << Math.max(8, 32 - Math.clz32(capacity * BUCKETS_PER_CONNECTION - 1))
    this.heads = new Int32Array(buckets)
    this.mask = buckets - 1
    this.keys = keysOf(seed.hash)
    this.cold = HEADER_WORDS + capacity * RECORD_WORDS
    if (!this.sealed(seed)) this.clear(seed)
  }

  get size(): number {
    return this.used
  }

  get full(): boolean {
    return this.used === this.capacity
  }

  base(handle: number): number {
    return HEADER_WORDS + handle * RECORD_WORDS
  }

  /** Where the cold part of a published connection begins. Set Flag.cold in its META before the first write. */
  coldBase(handle: number): number {
    return this.cold + handle * COLD_WORDS
  }

  /**
   * The ref of the connection whose packet this is, or -1. `key` holds source and destination words at `at`,
   * `ports` is source port << 16 | destination port.
   */
  find(kind: number, key: Int32Array, at: number, ports: number): number {
    const words = this.words
    let ref = this.heads[this.hash(kind, key, at, ports) & this.mask] - 1
    while (ref >= 0) {
      const direction = ref & 1
      const base = HEADER_WORDS + (ref >> 1) * RECORD_WORDS
      if (
        words[base + CLIENT_PORTS + direction] === ports &&
        (words[base + META] & 0xff) === kind &&
        same(words, base + CLIENT + direction * 8, key, at)
      )
        return ref
      ref = words[base + CHAIN + direction] - 1
    }
    return -1
  }

  /** A free record, all words zero, not yet found by anyone; -1 when the table is full. */
  allocate(): number {
    let handle = this.freeHead
    if (handle >= 0) this.freeHead = this.words[this.base(handle) + CHAIN] - 1
    else if (this.words[HIGH_WATER] < this.capacity) handle = this.words[HIGH_WATER]++
    else return -1
    const base = this.base(handle)
    this.words.fill(0, base, base + RECORD_WORDS)
    this.words[base + DESTINATION_SLOT] = -1
    this.used++
    return handle
  }

  /** Make a filled record findable: `meta` (kind, state, flags) completes it. A template has no reply direction. */
  publish(handle: number, meta: number, bothDirections: boolean): void {
    const base = this.base(handle)
    this.words[base + META] = meta | Flag.live
    this.link(handle, REQUEST)
    if (bothDirections) this.link(handle, REPLY)
  }

  /** Forget a connection. Its controller is released by the caller. */
  remove(handle: number): void {
    const base = this.base(handle)
    const kind = this.words[base + META] & 0xff
    this.unlink(handle, REQUEST, kind)
    this.unlink(handle, REPLY, kind)
    this.chill(handle)
    this.words[base + META] = 0
    this.words[base + CHAIN] = this.freeHead + 1
    this.freeHead = handle
    this.used--
  }

  /**
   * Take over what a dead process left: `keep` decides for each whole record (and may fill its process-only words).
   * Returns how many stayed. How many connections each one controls is the caller's to count again.
   */
  adopt(keep: (handle: number) => boolean): number {
    const words = this.words
    for (let handle = 0; handle < words[HIGH_WATER]; handle++) {
      const base = this.base(handle)
      words[base + CONTROLLED] = 0
      if ((words[base + META] & Flag.live) === 0 || !keep(handle)) {
        this.free(handle)
        continue
      }
      this.used++
      this.link(handle, REQUEST)
      if ((words[base + META] & TEMPLATE_KIND) === 0) this.link(handle, REPLY)
    }
    return this.used
  }

  /** The handle after `handle` (-1 to begin) and below `end` that is in use, or -1. */
  next(handle: number, end = this.end): number {
    for (let h = handle + 1; h < end; h++) if (this.words[this.base(h) + META] & Flag.live) return h
    return -1
  }

  /** Every handle in use is below. */
  get end(): number {
    return this.words[HIGH_WATER]
  }

  private sealed(seed: TableSeed): boolean {
    const words = this.words
    return words[0] === LAYOUT && words[1] === this.capacity && seed.boot.every((word, i) => words[2 + i] === word)
  }

  private clear(seed: TableSeed): void {
    const words = this.words
    if (words[0] !== 0) words.fill(0) // a new file is all holes and stays so
    words[1] = this.capacity
    seed.boot.forEach((word, i) => {
      words[2 + i] = word
    })
    words[0] = LAYOUT
  }

  private free(handle: number): void {
    const base = this.base(handle)
    this.chill(handle)
    this.words[base + META] = 0
    this.words[base + CHAIN] = this.freeHead + 1
    this.freeHead = handle
  }

  private chill(handle: number): void {
    if (this.words[this.base(handle) + META] & Flag.cold)
      this.words.fill(0, this.coldBase(handle), this.coldBase(handle + 1))
  }

  private bucketOf(handle: number, direction: number, kind: number): number {
    const base = this.base(handle)
    const at = base + CLIENT + direction * 8
    return this.hash(kind, this.words, at, this.words[base + CLIENT_PORTS + direction]) & this.mask
  }

  private link(handle: number, direction: number): void {
    const bucket = this.bucketOf(handle, direction, this.words[this.base(handle) + META] & 0xff)
    this.words[this.base(handle) + CHAIN + direction] = this.heads[bucket]
    this.heads[bucket] = ((handle << 1) | direction) + 1
  }

  private unlink(handle: number, direction: number, kind: number): void {
    const words = this.words
    const wanted = ((handle << 1) | direction) + 1
    const bucket = this.bucketOf(handle, direction, kind)
    const after = words[this.base(handle) + CHAIN + direction]
    let ref = this.heads[bucket]
    if (ref === wanted) {
      this.heads[bucket] = after
      return
    }
    while (ref > 0) {
      const link = this.base((ref - 1) >> 1) + CHAIN + ((ref - 1) & 1)
      ref = words[link]
      if (ref === wanted) words[link] = after
    }
  }

  /**
   * Multilinear over nine secret odd words: the products do not wait for one another, and without the words nobody
   * can aim at a chain; then Murmur3's finalizer, since the low bits choose the bucket.
   */
  private hash(kind: number, key: Int32Array, at: number, ports: number): number {
    const k = this.keys
    let h = (Math.imul(ports ^ kind, k[0]) + Math.imul(key[at], k[1])) | 0 // | 0: else V8 adds in floating point
    h = (h + Math.imul(key[at + 1], k[2])) | 0
    h = (h + Math.imul(key[at + 2], k[3])) | 0
    h = (h + Math.imul(key[at + 3], k[4])) | 0
    h = (h + Math.imul(key[at + 4], k[5])) | 0
    h = (h + Math.imul(key[at + 5], k[6])) | 0
    h = (h + Math.imul(key[at + 6], k[7])) | 0
    h = (h + Math.imul(key[at + 7], k[8])) | 0
    h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
    return h ^ (h >>> 13)
  }
}

/** Nine odd words from the seed (xorshift32, Marsaglia 2003). */
function keysOf(seed: readonly [number, number]): Int32Array {
  const keys = new Int32Array(9)
  let x = seed[0] | 1
  for (let i = 0; i < keys.length; i++) {
    x ^= x << 13
    x ^= x >>> 17
    x ^= x << 5
    keys[i] = (x + seed[1]) | 1
  }
  return keys
}

function same(a: Int32Array, at: number, b: Int32Array, bt: number): boolean {
  return (
    a[at + 3] === b[bt + 3] &&
    a[at + 7] === b[bt + 7] &&
    a[at + 2] === b[bt + 2] &&
    a[at + 6] === b[bt + 6] &&
    a[at + 1] === b[bt + 1] &&
    a[at + 5] === b[bt + 5] &&
    a[at] === b[bt] &&
    a[at + 4] === b[bt + 4]
  )
}

export const sourcePortOf = (words: Int32Array, base: number): number => words[base + REAL_PORTS] & 0xffff
