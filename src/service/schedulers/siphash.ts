/**
 * SipHash-1-3 of one 32-bit number, the key twice the same 32-bit number, cut to 32 bits: what hsiphash_1u32 answers on
 * a 64-bit kernel (lib/siphash.c). Each 64-bit word is a high and a low half. Source: Aumasson and Bernstein, "SipHash:
 * a fast short-input PRF", with 1 compression and 3 finalization rounds.
 */
const LENGTH = 4 << 24

/** The hash modulo `modulus` (up to 2^32): a small integer, which unlike an unsigned word costs no allocation. */
export function siphash13(key: number, value: number, modulus: number): number {
  let h0 = 0x736f6d65
  let l0 = 0x70736575 ^ key
  let h1 = 0x646f7261
  let l1 = 0x6e646f6d ^ key
  let h2 = 0x6c796765
  let l2 = 0x6e657261 ^ key
  let h3 = 0x74656462 ^ LENGTH
  let l3 = 0x79746573 ^ key ^ value
  for (let round = 0; round < 4; round++) {
    // v0 += v1, v1 <<<= 13, v1 ^= v0, v0 <<<= 32
    let low = (l0 + l1) | 0
    let high = (h0 + h1 + carry(low, l1)) | 0
    let swap = (h1 << 13) | (l1 >>> 19)
    l1 = ((l1 << 13) | (h1 >>> 19)) ^ low
    h1 = swap ^ high
    h0 = low
    l0 = high
    // v2 += v3, v3 <<<= 16, v3 ^= v2
    low = (l2 + l3) | 0
    high = (h2 + h3 + carry(low, l3)) | 0
    swap = (h3 << 16) | (l3 >>> 16)
    l3 = ((l3 << 16) | (h3 >>> 16)) ^ low
    h3 = swap ^ high
    h2 = high
    l2 = low
    // v0 += v3, v3 <<<= 21, v3 ^= v0
    low = (l0 + l3) | 0
    high = (h0 + h3 + carry(low, l3)) | 0
    swap = (h3 << 21) | (l3 >>> 11)
    l3 = ((l3 << 21) | (h3 >>> 11)) ^ low
    h3 = swap ^ high
    h0 = high
    l0 = low
    // v2 += v1, v1 <<<= 17, v1 ^= v2, v2 <<<= 32
    low = (l2 + l1) | 0
    high = (h2 + h1 + carry(low, l1)) | 0
    swap = (h1 << 17) | (l1 >>> 15)
    l1 = ((l1 << 17) | (h1 >>> 15)) ^ low
    h1 = swap ^ high
    h2 = low
    l2 = high
    if (round > 0) continue
    h0 ^= LENGTH
    l0 ^= value
    l2 ^= 0xff
  }
  return ((l0 ^ l1 ^ l2 ^ l3) >>> 0) % modulus
}

/** 1 if the 32-bit sum came out below one of its terms. */
const carry = (sum: number, term: number): number => (sum >>> 0 < term >>> 0 ? 1 : 0)
