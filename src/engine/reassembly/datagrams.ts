/**
 * Datagrams of which not all fragments are here yet: found by what their fragments share, listed by age.
 *
 * Structures of arrays with room for `capacity` of them; number 0 is none. It knows nothing of their bytes.
 */
export class Datagrams {
  readonly capacity: number
  /** Source and destination, eight words each. */
  readonly words: Int32Array
  readonly id: Int32Array
  readonly protocol: Uint8Array
  /** When it is given up, tick. */
  readonly deadline: Int32Array
  /** Bytes behind the header: all, -1 unknown; here. */
  readonly total: Int32Array
  readonly here: Int32Array
  /** The longest packet among its fragments, and among those with DF. */
  readonly longest: Int32Array
  readonly longestWhole: Int32Array
  /** Bit for each codepoint of RFC 3168 that a fragment had. */
  readonly ecn: Uint8Array
  /** The piece with the first fragment's headers; 0: it is not here. */
  readonly header: Int32Array
  /** Pieces by offset, and how many. */
  readonly first: Int32Array
  readonly last: Int32Array
  readonly pieces: Int32Array
  /** The oldest of all. */
  oldest = 0
  used = 0
  private newest = 0
  private readonly older: Int32Array
  private readonly newer: Int32Array
  private readonly chain: Int32Array
  private readonly heads: Int32Array
  private readonly keys: Int32Array
  private freeHead = 0

  /** `random` answers in [0, 2^32): nobody can aim at one chain. */
  constructor(capacity: number, random: () => number) {
    this.capacity = capacity
    const array = (words = 1) => new Int32Array((capacity + 1) * words)
    this.words = array(8)
    this.id = array()
    this.protocol = new Uint8Array(capacity + 1)
    this.deadline = array()
    this.total = array()
    this.here = array()
    this.longest = array()
    this.longestWhole = array()
    this.ecn = new Uint8Array(capacity + 1)
    this.header = array()
    this.first = array()
    this.last = array()
    this.pieces = array()
    this.older = array()
    this.newer = array()
    this.chain = array()
    this.heads = new Int32Array(1 << (32 - Math.clz32(capacity)))
    this.keys = Int32Array.from({ length: 10 }, () => random() | 1)
    for (let each = capacity; each > 0; each--) this.push(each)
  }

  find(words: Int32Array, id: number, protocol: number): number {
    let each = this.heads[this.hash(words, 0, id, protocol)]
    while (each > 0 && !this.is(each, words, id, protocol)) each = this.chain[each]
    return each
  }

  /** An empty one, the newest; there is room. */
  add(words: Int32Array, id: number, protocol: number, deadline: number): number {
    const each = this.freeHead
    this.freeHead = this.chain[each]
    for (let i = 0; i < 8; i++) this.words[each * 8 + i] = words[i]
    this.id[each] = id
    this.protocol[each] = protocol
    this.deadline[each] = deadline
    this.total[each] = -1
    this.here[each] = this.longest[each] = this.longestWhole[each] = this.ecn[each] = 0
    this.header[each] = this.first[each] = this.last[each] = this.pieces[each] = 0
    const bucket = this.hash(words, 0, id, protocol)
    this.chain[each] = this.heads[bucket]
    this.heads[bucket] = each
    this.older[each] = this.newest
    this.newer[each] = 0
    if (this.newest > 0) this.newer[this.newest] = each
    else this.oldest = each
    this.newest = each
    this.used++
    return each
  }

  /** The next younger one, 0 behind the last. */
  after(each: number): number {
    return this.newer[each]
  }

  remove(each: number): void {
    const bucket = this.hash(this.words, each * 8, this.id[each], this.protocol[each])
    if (this.heads[bucket] === each) this.heads[bucket] = this.chain[each]
    else {
      let before = this.heads[bucket]
      while (this.chain[before] !== each) before = this.chain[before]
      this.chain[before] = this.chain[each]
    }
    const older = this.older[each]
    const newer = this.newer[each]
    if (older > 0) this.newer[older] = newer
    else this.oldest = newer
    if (newer > 0) this.older[newer] = older
    else this.newest = older
    this.push(each)
    this.used--
  }

  private push(each: number): void {
    this.chain[each] = this.freeHead
    this.freeHead = each
  }

  private is(each: number, words: Int32Array, id: number, protocol: number): boolean {
    if (this.id[each] !== id || this.protocol[each] !== protocol) return false
    for (let i = 0; i < 8; i++) if (this.words[each * 8 + i] !== words[i]) return false
    return true
  }

  /** As ConnectionTable's: multilinear over secret odd words, then Murmur3's finalizer. */
  private hash(words: Int32Array, at: number, id: number, protocol: number): number {
    const { keys } = this
    let h = (Math.imul(id, keys[8]) + Math.imul(protocol, keys[9])) | 0
    for (let i = 0; i < 8; i++) h = (h + Math.imul(words[at + i], keys[i])) | 0
    h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
    return (h ^ (h >>> 13)) & (this.heads.length - 1)
  }
}
