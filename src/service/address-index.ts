/**
 * An open-addressing table from (scope, port, address) to a slot: one array, no allocation per lookup.
 *
 * Entry of 8 words, half a cache line: [0] scope, [1] port, [2..5] address, [6] slot + 1 (0: free), [7] unused.
 * Linear probing at a load of at most 1/2; a deletion closes the gap, so that no probe ever meets a tombstone.
 */
const ENTRY = 8
const VALUE = 6
const SMALLEST = 16

export class AddressIndex {
  private entries = new Int32Array(SMALLEST * ENTRY)
  private mask = SMALLEST - 1
  private used = 0

  /** The slot stored under the key, or -1. */
  find(scope: number, port: number, words: Int32Array, at: number): number {
    return this.entries[this.seek(scope, port, words, at) + VALUE] - 1
  }

  /** Stores `slot` (0 or more) under the key, in place of what stood there. */
  set(scope: number, port: number, words: Int32Array, at: number, slot: number): void {
    if ((this.used + 1) * 2 > this.mask + 1) this.double()
    const entry = this.seek(scope, port, words, at)
    if (this.entries[entry + VALUE] === 0) this.used++
    this.entries[entry] = scope
    this.entries[entry + 1] = port
    for (let i = 0; i < 4; i++) this.entries[entry + 2 + i] = words[at + i]
    this.entries[entry + VALUE] = slot + 1
  }

  delete(scope: number, port: number, words: Int32Array, at: number): void {
    const entry = this.seek(scope, port, words, at)
    if (this.entries[entry + VALUE] === 0) return
    this.used--
    this.closeGap(entry / ENTRY)
  }

  /** Offset of the key's entry, or of the free entry where it would go. */
  private seek(scope: number, port: number, words: Int32Array, at: number): number {
    const { entries, mask } = this
    const w0 = words[at]
    const w1 = words[at + 1]
    const w2 = words[at + 2]
    const w3 = words[at + 3]
    let bucket = hash(scope, port, w0, w1, w2, w3) & mask
    for (;;) {
      const e = bucket * ENTRY
      if (entries[e + VALUE] === 0) return e
      if (
        entries[e + 5] === w3 &&
        entries[e + 1] === port &&
        entries[e] === scope &&
        entries[e + 2] === w0 &&
        entries[e + 3] === w1 &&
        entries[e + 4] === w2
      )
        return e
      bucket = (bucket + 1) & mask
    }
  }

  /** Moves later entries of the chain into the hole, unless they would come to stand before their own bucket. */
  private closeGap(hole: number): void {
    const { entries, mask } = this
    for (let next = (hole + 1) & mask; entries[next * ENTRY + VALUE] !== 0; next = (next + 1) & mask) {
      const home = this.homeOf(next * ENTRY)
      if (((next - home) & mask) < ((next - hole) & mask)) continue
      entries.copyWithin(hole * ENTRY, next * ENTRY, next * ENTRY + ENTRY)
      hole = next
    }
    entries[hole * ENTRY + VALUE] = 0
  }

  private homeOf(e: number): number {
    const t = this.entries
    return hash(t[e], t[e + 1], t[e + 2], t[e + 3], t[e + 4], t[e + 5]) & this.mask
  }

  private double(): void {
    const old = this.entries
    this.mask = this.mask * 2 + 1
    this.entries = new Int32Array((this.mask + 1) * ENTRY)
    for (let e = 0; e < old.length; e += ENTRY) {
      if (old[e + VALUE] === 0) continue
      const to = this.seek(old[e], old[e + 1], old, e + 2)
      this.entries.set(old.subarray(e, e + ENTRY), to)
    }
  }
}

/** Keys are an administrator's, not a client's: mixing is enough, no secret is needed. */
function hash(scope: number, port: number, w0: number, w1: number, w2: number, w3: number): number {
  const h =
    Math.imul(w0, 0x9e3779b1) +
    Math.imul(w1, 0x85ebca6b) +
    Math.imul(w2, 0xc2b2ae35) +
    Math.imul(w3, 0x27d4eb2f) +
    Math.imul((scope << 16) ^ (scope >>> 16) ^ port, 0x165667b1)
  const mixed = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d)
  return mixed ^ (mixed >>> 14)
}
