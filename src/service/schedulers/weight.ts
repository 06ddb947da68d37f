/** Arithmetic of weights, exact for all that ipvsadm accepts (up to 2^31 - 1). */

/** Is load / weight greater than otherLoad / otherWeight? As the kernel's 64-bit products say. */
export function heavier(load: number, weight: number, otherLoad: number, otherWeight: number): boolean {
  const left = load * otherWeight
  const right = otherLoad * weight
  if (left <= Number.MAX_SAFE_INTEGER && right <= Number.MAX_SAFE_INTEGER) return left > right
  const difference = high(load, otherWeight) - high(otherLoad, weight)
  return difference === 0 ? low(load, otherWeight) > low(otherLoad, weight) : difference > 0
}

/** Of a product of two numbers below 2^32: what stands above its lowest 16 bits, and those. */
const high = (a: number, b: number): number => (a >>> 16) * b + Math.floor(((a & 0xffff) * b) / 0x10000)
const low = (a: number, b: number): number => ((a & 0xffff) * b) % 0x10000

export function greatestCommonDivisor(a: number, b: number): number {
  while (b !== 0) {
    const rest = a % b
    a = b
    b = rest
  }
  return a
}
