/**
 * The connection table: one hash table for both directions, over memory that outlives the process.
 *
 * Promises: find, insert and remove in constant time, no allocation, no exception; a ref is `handle << 1 | direction`.
 * Records live in memory the caller gives (a mapped file); the index and the free list are rebuilt by `adopt`
 * from whatever whole records a dead process left. It never reads a clock and never looks at a packet.
 */
import {
  CLIENT,
  CLIENT_PORTS,
  COLD_WORDS,
  CONNECTION_BYTES,
  CONTROLLED,
  DESTINATION_SLOT,
  Flag,
  hasReplies,
  isFoundByText,
  META,
  NEXT_FREE,
  RECORD_WORDS,
  REPLY,
  REQUEST,
  TEXT,
} from './record.js'
import { TEXT_BYTES, Texts, textsFor } from './texts.js'
import { TupleHash } from './tuple-hash.js'
import { type SharedIndex, TupleIndex } from './tuple-index.js'

/**
 * Words before the first record: layout, capacity, boot id (4 words), high-water mark, rest reserved. As long as a
 * record: in page-aligned memory a record is two neighbouring cache lines, which processors fetch as a pair.
 */
export const HEADER_WORDS = 32
/** Handles from here on were never used: their memory is untouched (a mapped file keeps its holes). */
const HIGH_WATER = 6
const LAYOUT = 0x66_6e_00_05 // 'fn', layout 5

const recordBytes = (capacity: number): number => HEADER_WORDS * 4 + capacity * CONNECTION_BYTES
export const bytesFor = (capacity: number): number => recordBytes(capacity) + textsFor(capacity) * TEXT_BYTES

/** How many connections the table in these first words of a memory has room for; 0 if there is none of this layout. */
export const capacityIn = (header: Int32Array): number => (header[0] === LAYOUT ? header[1] : 0)

/** Of META: its kind, and that the connection is still met. */
const MET = 0xff | Flag.superseded

/** How many lookups `warm` prepares at most. */
export const WARMED = 32

export interface TableSeed {
  /** Two random words; an attacker who knows them can aim at one place. */
  hash: readonly [number, number]
  /** Identifies this boot: ticks of another boot mean nothing. */
  boot: readonly [number, number, number, number]
}

export class ConnectionTable {
  readonly capacity: number
  /** Records begin at word HEADER_WORDS; `base(handle)` finds one. */
  readonly words: Int32Array
  /** What templates keep besides; behind the records. */
  readonly texts: Texts
  /** Four words that last as long as the memory means something. */
  readonly secret: readonly number[]
  readonly index: TupleIndex
  readonly hash: TupleHash
  private readonly warmed = new Int32Array(WARMED + 1)
  private warmedAt = -1
  private readonly cold: number
  private freeHead = -1
  private used = 0
  /** Given to somebody else to fill. */
  private offered = 0

  /**
   * `memory` is `bytesFor(capacity)` long. Records in it are untouched until `adopt` or `clear`. `index` is made anew;
   * null: in memory of its own.
   */
  constructor(memory: ArrayBufferLike, capacity: number, seed: TableSeed, index: SharedIndex | null = null) {
    this.capacity = capacity
    this.secret = seed.boot
    this.words = new Int32Array(memory, 0, bytesFor(capacity) / 4)
    this.texts = new Texts(memory, recordBytes(capacity), textsFor(capacity))
    this.index = new TupleIndex(2 * capacity, index)
    this.hash = new TupleHash(seed.hash)
    this.cold = HEADER_WORDS + capacity * RECORD_WORDS
    if (!this.sealed(seed)) this.clear(seed)
  }

  get size(): number {
    return this.used
  }

  get free(): number {
    return this.capacity - this.used - this.offered
  }

  get full(): boolean {
    return this.free === 0
  }

  /** Of the index, untouched until the first connection. */
  get indexMemory(): ArrayBuffer {
    return this.index.entries.buffer
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
    return this.findHashed(this.hash.of(kind, key, at, ports), kind, key, at, ports)
  }

  hashOf(kind: number, key: Int32Array, at: number, ports: number): number {
    return this.hash.of(kind, key, at, ports)
  }

  /** The same for a tuple whose hash is known. */
  findHashed(hash: number, kind: number, key: Int32Array, at: number, ports: number): number {
    const { entries, mask } = this.index
    for (let i = (hash << 1) & mask; ; i = (i + 2) & mask) {
      const ref = entries[i + 1] - 1
      if (ref < 0) return -1
      if (entries[i] === hash && this.has(ref, kind, key, at, ports)) return ref
    }
  }

  private has(ref: number, kind: number, key: Int32Array, at: number, ports: number): boolean {
    const { words } = this
    const direction = ref & 1
    const base = HEADER_WORDS + (ref >> 1) * RECORD_WORDS
    return (
      words[base + CLIENT_PORTS + direction] === ports &&
      (words[base + META] & MET) === kind &&
      same(words, base + CLIENT + direction * 8, key, at)
    )
  }

  /**
   * Reads ahead what `findWarmed` and its caller will read for the first `count` hashes: memory that no cache holds is
   * then waited for once, not once for each. Three loops, since a processor sees only so far ahead, and a wrong guess in
   * the second costs it all that it has seen.
   */
  warm(hashes: Int32Array, count: number): void {
    const { words, index, warmed } = this
    let sum = index.touch(hashes, count)
    index.firstOf(hashes, count, warmed)
    for (let i = 0; i < count; i++) {
      const base = HEADER_WORDS + (warmed[i] >> 1) * RECORD_WORDS
      sum ^= words[base] ^ words[base + RECORD_WORDS / 2]
    }
    warmed[WARMED] = sum // what is read must be of some use, or the optimizer leaves it out
    this.warmedAt = index.changes
  }

  /** `findHashed` for the hash that `warm` had at place `i`: it is seldom to be looked for again. */
  findWarmed(i: number, hash: number, kind: number, key: Int32Array, at: number, ports: number): number {
    const ref = this.warmed[i]
    const sure = this.warmedAt === this.index.changes && (ref < 0 || this.has(ref, kind, key, at, ports))
    return sure ? ref : this.findHashed(hash, kind, key, at, ports)
  }

  /** A free record, all words zero, not yet found by anyone; -1 when the table is full. */
  allocate(): number {
    const handle = this.offer()
    if (handle >= 0) this.count()
    return handle
  }

  private count(): void {
    this.offered--
    this.used++
  }

  /** The same for somebody else to fill: it counts when `adoptBorn` takes it in. */
  offer(): number {
    let handle = this.freeHead
    if (handle >= 0) this.freeHead = this.words[this.base(handle) + NEXT_FREE] - 1
    else if (this.words[HIGH_WATER] < this.capacity) handle = this.words[HIGH_WATER]++
    else return -1
    const base = this.base(handle)
    this.words.fill(0, base, base + RECORD_WORDS)
    this.words[base + DESTINATION_SLOT] = -1
    this.offered++
    return handle
  }

  /** A record that was offered, filled and set live by somebody else: findable from now on. */
  adoptBorn(handle: number): void {
    this.count()
    this.link(handle, REQUEST)
    if (hasReplies(this.words[this.base(handle) + META])) this.link(handle, REPLY)
  }

  /** Gives an allocated record back that was not published. */
  abandon(handle: number): void {
    this.giveBack(handle)
    this.used--
  }

  /** Make a filled record findable: `meta` (kind, state, flags, method) completes it. */
  publish(handle: number, meta: number): void {
    const base = this.base(handle)
    this.words[base + META] = meta | Flag.live
    this.link(handle, REQUEST)
    if (hasReplies(meta)) this.link(handle, REPLY)
  }

  /** Takes a record out of sight, for its tuple to be changed; `publish` shows it again. */
  withdraw(handle: number): void {
    this.unlink(handle, REQUEST)
    this.unlink(handle, REPLY)
  }

  /** Forget a connection. Its controller is released by the caller. */
  remove(handle: number): void {
    this.unlink(handle, REQUEST)
    this.unlink(handle, REPLY)
    this.giveBack(handle)
    this.used--
  }

  /**
   * Take over what a dead process left: `keep` decides for each whole record (and may fill its process-only words).
   * Returns how many stayed. How many connections each one controls is the caller's to count again.
   */
  adopt(keep: (handle: number) => boolean): number {
    const words = this.words
    const texts = new Set<number>()
    for (let handle = 0; handle < words[HIGH_WATER]; handle++) {
      const base = this.base(handle)
      words[base + CONTROLLED] = 0
      if ((words[base + META] & Flag.live) === 0 || !keep(handle)) {
        this.giveBack(handle)
        continue
      }
      this.used++
      this.link(handle, REQUEST)
      if (hasReplies(words[base + META])) this.link(handle, REPLY)
      if (isFoundByText(words[base + META])) texts.add(words[this.coldBase(handle) + TEXT] - 1)
    }
    this.texts.adopt(texts)
    return this.used
  }

  /** The handle after `handle` (-1 to begin) and below `end` that is in use, or -1. None that is born. */
  next(handle: number, end = this.end): number {
    for (let h = handle + 1; h < end; h++)
      if ((this.words[this.base(h) + META] & (Flag.live | Flag.born)) === Flag.live) return h
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

  private giveBack(handle: number): void {
    const base = this.base(handle)
    this.chill(handle)
    this.words[base + META] = 0
    this.words[base + NEXT_FREE] = this.freeHead + 1
    this.freeHead = handle
  }

  private chill(handle: number): void {
    const meta = this.words[this.base(handle) + META]
    if ((meta & Flag.cold) === 0) return
    const cold = this.coldBase(handle)
    if (isFoundByText(meta) && this.words[cold + TEXT] > 0) this.texts.release(this.words[cold + TEXT] - 1)
    this.words.fill(0, cold, cold + COLD_WORDS)
  }

  private hashOfRecord(handle: number, direction: number): number {
    const { words } = this
    const base = this.base(handle)
    const at = base + CLIENT + direction * 8
    return this.hash.of(words[base + META] & 0xff, words, at, words[base + CLIENT_PORTS + direction])
  }

  private link(handle: number, direction: number): void {
    this.index.insert(this.hashOfRecord(handle, direction), (handle << 1) | direction)
  }

  private unlink(handle: number, direction: number): void {
    this.index.remove(this.hashOfRecord(handle, direction), (handle << 1) | direction)
  }
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
