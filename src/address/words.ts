/**
 * An IP address inside fullnat: four signed 32-bit words, network order, most significant first.
 * IPv4 is held as IPv4-mapped IPv6 (RFC 4291, 2.5.5.2: 0, 0, 0xffff, address), so that one code path
 * serves both families. At the edges an address is text in its canonical form (RFC 5952).
 */
import ipaddr from 'ipaddr.js'

export type Words = readonly [number, number, number, number]
export type Family = 4 | 6

/** The third word of every IPv4 address. */
export const MAPPED = 0xffff

export const familyOf = (words: ArrayLike<number>, at = 0): Family =>
  words[at] === 0 && words[at + 1] === 0 && words[at + 2] === MAPPED ? 4 : 6

/** Words of an address in text, or null if it is no IPv4 dotted quad and no IPv6 address (no zone, no mapped form). */
export function parse(text: string): Words | null {
  const v4 = parseV4(text)
  if (v4 >= 0) return [0, 0, MAPPED, v4 | 0]
  if (text.includes('%') || !ipaddr.IPv6.isValid(text)) return null
  const words = fromBytes(ipaddr.IPv6.parse(text).toByteArray())
  return familyOf(words) === 6 ? words : null
}

/** Canonical text of the address at `at`. */
export function format(words: ArrayLike<number>, at = 0): string {
  if (familyOf(words, at) === 4) return formatV4(words[at + 3])
  const bytes: number[] = []
  for (let i = 0; i < 4; i++) bytes.push(...wordBytes(words[at + i]))
  return new ipaddr.IPv6(bytes).toString() // RFC 5952 shortening
}

export const formatV4 = (word: number): string => wordBytes(word).join('.')

const wordBytes = (word: number): number[] => [word >>> 24, (word >>> 16) & 255, (word >>> 8) & 255, word & 255]

/** A dotted quad as an unsigned number, or -1: four decimal parts to 255, no leading zeros. By hand, for 100 000 at a time. */
function parseV4(text: string): number {
  let word = 0
  let parts = 0
  let part = -1
  for (let i = 0; i <= text.length; i++) {
    const digit = text.charCodeAt(i) - 48
    if (digit >= 0 && digit <= 9 && part !== 0) {
      part = Math.max(part, 0) * 10 + digit
      if (part > 255) return -1
    } else if ((i === text.length || text[i] === '.') && part >= 0) {
      word = word * 256 + part
      parts++
      part = -1
    } else return -1
  }
  return parts === 4 ? word : -1
}

function fromBytes(bytes: number[]): Words {
  const word = (i: number) => (bytes[i] << 24) | (bytes[i + 1] << 16) | (bytes[i + 2] << 8) | bytes[i + 3]
  return [word(0), word(4), word(8), word(12)]
}
