/**
 * The kernel's jhash2 (linux/jhash.h; Bob Jenkins' lookup3, public domain) over an address, so that a client gets the
 * address of a range that netfilter would give it.
 */
const INITIAL = 0xdeadbeef
const ADDRESS_BYTES = 16

const rotate = (word: number, by: number): number => (word << by) | (word >>> (32 - by))

/** Four words as the kernel holds them in memory; unsigned. */
export function jhash2(k0: number, k1: number, k2: number, k3: number, initial: number): number {
  let a = (INITIAL + ADDRESS_BYTES + initial) | 0
  let b = (a + k1) | 0
  let c = (a + k2) | 0
  a = (a + k0) | 0
  a = (a - c) ^ rotate(c, 4)
  c = (c + b) | 0
  b = (b - a) ^ rotate(a, 6)
  a = (a + c) | 0
  c = (c - b) ^ rotate(b, 8)
  b = (b + a) | 0
  a = (a - c) ^ rotate(c, 16)
  c = (c + b) | 0
  b = (b - a) ^ rotate(a, 19)
  a = (a + c) | 0
  c = (c - b) ^ rotate(b, 4)
  b = (b + a) | 0
  return final((a + k3) | 0, b, c)
}

function final(a: number, b: number, c: number): number {
  c = ((c ^ b) - rotate(b, 14)) | 0
  a = ((a ^ c) - rotate(c, 11)) | 0
  b = ((b ^ a) - rotate(a, 25)) | 0
  c = ((c ^ b) - rotate(b, 16)) | 0
  a = ((a ^ c) - rotate(c, 4)) | 0
  b = ((b ^ a) - rotate(a, 14)) | 0
  return ((c ^ b) - rotate(b, 24)) >>> 0
}
