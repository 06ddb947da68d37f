/** Ranges of addresses (`--to-source A-B`): the address a client gets, whether one lies inside, the one after it. */
import { familyOf, type Words } from '../address/words.js'
import { jhash2 } from './hash.js'

/** A word of network order as a little-endian kernel loads it: what netfilter hashes. */
const swapped = (word: number): number =>
  (word << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24)

/** (a * b) >> 32 of unsigned words, exactly (linux/math.h, reciprocal_scale). */
function scale(a: number, b: number): number {
  const low = (a >>> 16) * b + Math.floor(((a & 0xffff) * b) / 0x10000)
  return Math.floor(low / 0x10000)
}

export const isSame = (a: ArrayLike<number>, at: number, b: ArrayLike<number>, bt: number): boolean =>
  a[at] === b[bt] && a[at + 1] === b[bt + 1] && a[at + 2] === b[bt + 2] && a[at + 3] === b[bt + 3]

const isUpTo = (a: ArrayLike<number>, at: number, b: ArrayLike<number>, bt: number): boolean => {
  for (let i = 0; i < 4; i++) if (a[at + i] !== b[bt + i]) return a[at + i] >>> 0 < b[bt + i] >>> 0
  return true
}

export const isWithin = (words: Int32Array, at: number, first: Words, last: Words): boolean =>
  isUpTo(first, 0, words, at) && isUpTo(words, at, last, 0)

/**
 * Writes to `to` at `toAt` the address of first..last that netfilter picks for the client at `client` talking to the
 * server at `server`: by hash of both, of the client alone if `persistent` (nf_nat_core.c, find_best_ips_proto). Where
 * netfilter's arithmetic leaves the range (IPv6 bounds that differ in several words) it is the first address.
 */
export function pick(
  to: Int32Array,
  toAt: number,
  first: Words,
  last: Words,
  words: Int32Array,
  client: number,
  server: number,
  persistent: boolean,
): void {
  const at = familyOf(first) === 4 ? 3 : 0
  const salt = persistent ? 0 : swapped(words[server + 3])
  let hash = hashOf(words, client + at, at === 3, salt)
  let whole = false
  for (let i = 0; i < at; i++) to[toAt + i] = first[i]
  for (let i = at; i < 4; i++) {
    const low = whole ? 0 : first[i] >>> 0
    const span = whole ? 0xffffffff : ((last[i] >>> 0) - low + 1) >>> 0
    to[toAt + i] = low + scale(hash, span)
    whole ||= to[toAt + i] !== last[i]
    if (!persistent) hash = (hash ^ swapped(words[server + i])) >>> 0
  }
  if (!isWithin(to, toAt, first, last)) for (let i = 0; i < 4; i++) to[toAt + i] = first[i]
}

/** Of the one word of an IPv4 address (the kernel keeps it first of four), or of all of an IPv6 address. */
function hashOf(words: Int32Array, at: number, v4: boolean, salt: number): number {
  const first = swapped(words[at])
  if (v4) return jhash2(first, 0, 0, 0, salt)
  return jhash2(first, swapped(words[at + 1]), swapped(words[at + 2]), swapped(words[at + 3]), salt)
}

/** Steps to the next address of the range, from the last to the first. */
export function advance(words: Int32Array, at: number, first: Words, last: Words): void {
  if (isSame(words, at, last, 0)) {
    for (let i = 0; i < 4; i++) words[at + i] = first[i]
    return
  }
  for (let i = 3; i >= 0; i--) {
    words[at + i] = words[at + i] + 1
    if (words[at + i] !== 0) return
  }
}
