/**
 * The hash of a tuple: multilinear over nine secret odd words, then Murmur3's finalizer, since the low bits choose the
 * place. The products do not wait for one another, and without the words nobody can aim at a place.
 * The program in the kernel computes the same (bpf/lookup.h).
 */
export class TupleHash {
  readonly keys: Int32Array

  constructor(seed: readonly [number, number]) {
    this.keys = keysOf(seed)
  }

  /** Of source and destination words at `key[at..]`. What an IPv4 tuple has in common with all others is left out. */
  of(kind: number, key: Int32Array, at: number, ports: number): number {
    const k = this.keys
    const w0 = key[at]
    const w1 = key[at + 1]
    const w2 = key[at + 2]
    const w4 = key[at + 4]
    const w5 = key[at + 5]
    const w6 = key[at + 6]
    let h = (Math.imul(ports ^ kind, k[0]) + Math.imul(key[at + 3], k[1])) | 0 // | 0: else V8 adds in floating point
    h = (h + Math.imul(key[at + 7], k[2])) | 0
    if ((w0 | w1 | (w2 ^ 0xffff) | w4 | w5 | (w6 ^ 0xffff)) !== 0) {
      h = (h + Math.imul(w0, k[3])) | 0
      h = (h + Math.imul(w1, k[4])) | 0
      h = (h + Math.imul(w2, k[5])) | 0
      h = (h + Math.imul(w4, k[6])) | 0
      h = (h + Math.imul(w5, k[7])) | 0
      h = (h + Math.imul(w6, k[8])) | 0
    }
    h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
    h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
    return h ^ (h >>> 16)
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
