/**
 * The Internet checksum (RFC 1071): full sums, and incremental updates by RFC 1624, equation 3.
 *
 * A `change` is what replacing words adds to the ones' complement sum: ~old + new for each 16 bits, added up
 * unfolded. One change may be applied to several checksums that cover the same words. The sum that stands for zero is
 * always 0xffff here, as when a real packet is summed from scratch; that is why an update never turns a correct
 * checksum into the other zero.
 */

/** Ones' complement sum of 16 bits from an unfolded one, 0 <= sum < 2^32. */
export function fold(sum: number): number {
  const once = (sum & 0xffff) + (sum >>> 16)
  return (once & 0xffff) + (once >>> 16)
}

/** Change of one 32-bit word. */
export const change32 = (from: number, to: number): number =>
  (~from & 0xffff) + (~from >>> 16) + (to & 0xffff) + (to >>> 16)

/** Change of one 16-bit word. */
export const change16 = (from: number, to: number): number => (~from & 0xffff) + to

/** The checksum field after `change`. */
export const update = (checksum: number, change: number): number => ~fold((~checksum & 0xffff) + change) & 0xffff

/** The same for a UDP field: 0 means no checksum and stays; a computed 0 is sent as 0xffff (RFC 768, RFC 8200 8.1). */
export const updateUdp = (checksum: number, change: number): number =>
  checksum === 0 ? 0 : update(checksum, change) || 0xffff

/** The same for a partial checksum: the field holds the folded pseudo-header sum, not its complement. */
export const updatePartial = (sum: number, change: number): number => fold(sum + change)

/** Unfolded sum of `length` <= 65535 bytes, an odd last byte padded with zero, on top of `initial`. */
export function sum(view: DataView, at: number, length: number, initial: number): number {
  let total = initial
  const even = length & ~1
  for (let i = 0; i < even; i += 2) total += view.getUint16(at + i)
  return even === length ? total : total + (view.getUint8(at + even) << 8)
}

/** Unfolded pseudo-header sum (RFC 9293 3.1, RFC 8200 8.1) of words 0-3 and 4-7, each from word `first` on. */
export function pseudoHeader(words: Int32Array, first: number, protocol: number, length: number): number {
  let total = protocol + length
  for (let i = first; i < 4; i++) {
    total += (words[i] & 0xffff) + (words[i] >>> 16) + (words[4 + i] & 0xffff) + (words[4 + i] >>> 16)
  }
  return total
}
