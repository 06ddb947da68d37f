/**
 * CRC32c (RFC 9260, appendix A), updated for a changed word instead of computed again.
 *
 * A CRC is linear: flipping bits d of a message flips the bits in its CRC that d alone, followed by as many zero bytes,
 * would yield. So the cost does not grow with the packet, a damaged packet stays recognisably damaged, and the
 * update is right even where only the head of the packet is at hand (inside an ICMP error).
 */
const POLYNOMIAL = 0x82f63b78 // reflected

/** LENGTHS[32 * k + bit]: the register that `1 << bit` becomes after 2^k zero bytes. */
const LENGTHS = new Int32Array(32 * 16)

for (let bit = 0; bit < 32; bit++) {
  let register = 1 << bit
  for (let i = 0; i < 8; i++) register = (register >>> 1) ^ ((register & 1) !== 0 ? POLYNOMIAL : 0)
  LENGTHS[bit] = register
}
for (let i = 32; i < LENGTHS.length; i++) {
  LENGTHS[i] = apply(LENGTHS[i - 32], (i >>> 5) - 1)
}

function apply(register: number, power: number): number {
  let result = 0
  for (let bit = 0; bit < 32; bit++) if ((register >>> bit) & 1) result ^= LENGTHS[32 * power + bit]
  return result
}

/**
 * The CRC of a message of `length` < 65536 bytes whose first four bytes change from `from` to `to`.
 * CRC and words are signed, as a little-endian reader sees them in the packet (getInt32(at, true)).
 */
export function update(crc: number, from: number, to: number, length: number): number {
  let register = from ^ to
  for (let power = 0; power < 16; power++) if ((length >>> power) & 1) register = apply(register, power)
  return crc ^ register
}
