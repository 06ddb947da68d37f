/**
 * From the hash of a tuple to the refs that have it: open addressing with linear probing, never more than half full.
 *
 *   entry  = two words: the whole hash, ref + 1 (0: free)
 *
 * A lookup reads one line of memory, seldom two, and only a hash equal in all its bits leads to a record. Of refs of one
 * hash the newest is met first. Removal moves entries back, so there are no tombstones and no need to build it anew.
 */
/** Memory that somebody else reads as well. */
export interface SharedIndex {
  /** `indexBytesFor` the refs, whatever stands there. */
  memory: ArrayBuffer
  /** One word: odd while entries are moved, another number after every change. */
  version: Int32Array
}

/** Bytes of an index of at most `refs` refs. */
export const indexBytesFor = (refs: number): number => 8 << Math.max(8, 32 - Math.clz32(2 * refs - 1))

export class TupleIndex {
  readonly entries: Int32Array<ArrayBuffer>
  /** Of the place of an entry, a word. */
  readonly mask: number

  private readonly version: Int32Array

  /** For at most `refs` refs; null: in memory of its own. */
  constructor(refs: number, shared: SharedIndex | null) {
    const words = indexBytesFor(refs) / 4
    this.entries = shared === null ? new Int32Array(words) : new Int32Array(shared.memory, 0, words)
    this.version = shared === null ? new Int32Array(1) : shared.version
    this.version[0] |= 1
    this.entries.fill(0)
    this.changed()
    this.mask = words - 2
  }

  /** Another number after every change. */
  get changes(): number {
    return this.version[0]
  }

  private changed(): void {
    Atomics.store(this.version, 0, (this.version[0] + 1) | 0)
  }

  /** Reads where the first `count` hashes have their places, and nothing else. The sum of it means nothing. */
  touch(hashes: Int32Array, count: number): number {
    const { entries, mask } = this
    let sum = 0
    for (let i = 0; i < count; i++) sum ^= entries[(hashes[i] << 1) & mask]
    return sum
  }

  /**
   * The first ref of each of the first `count` hashes, or -1. A step on is computed, not branched to, for the one time in
   * three that it is needed cannot be guessed.
   */
  firstOf(hashes: Int32Array, count: number, refs: Int32Array): void {
    const { entries, mask } = this
    for (let i = 0; i < count; i++) {
      const hash = hashes[i]
      let at = (hash << 1) & mask
      at = (at + stepFrom(entries[at] ^ hash)) & mask
      at = (at + stepFrom(entries[at] ^ hash)) & mask
      while (entries[at + 1] !== 0 && entries[at] !== hash) at = (at + 2) & mask
      refs[i] = entries[at + 1] - 1
    }
  }

  insert(hash: number, ref: number): void {
    const { entries, mask } = this
    let carried = ref + 1
    this.changed()
    let at = (hash << 1) & mask
    for (; entries[at + 1] !== 0; at = (at + 2) & mask) {
      if (entries[at] !== hash) continue
      const older = entries[at + 1]
      entries[at + 1] = carried
      carried = older
    }
    entries[at] = hash
    entries[at + 1] = carried
    this.changed()
  }

  /** Nothing happens if it is not there. */
  remove(hash: number, ref: number): void {
    const { entries, mask } = this
    let hole = (hash << 1) & mask
    for (; entries[hole + 1] !== ref + 1 || entries[hole] !== hash; hole = (hole + 2) & mask)
      if (entries[hole + 1] === 0) return
    this.changed()
    for (let at = (hole + 2) & mask; entries[at + 1] !== 0; at = (at + 2) & mask) {
      const home = (entries[at] << 1) & mask
      if (((at - home) & mask) < ((at - hole) & mask)) continue // its home lies behind the hole: it would not be met
      entries[hole] = entries[at]
      entries[hole + 1] = entries[at + 1]
      hole = at
    }
    entries[hole] = 0
    entries[hole + 1] = 0
    this.changed()
  }
}

/** 0 from an entry of this hash, 2 from another: past a free one too, behind which there is none of this hash either. */
const stepFrom = (difference: number): number => ((difference | -difference) >>> 31) << 1
