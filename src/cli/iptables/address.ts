/**
 * Addresses of rules: `host`, `a,b`, `network/mask` (libxtables, xtables.c). The real tool completes `10.1` to
 * 10.1.0.0 and reads `010` as eight: here both must be meant, so a short form needs a mask that covers no more than
 * what was written, and every number is decimal.
 */
import { type Family, familyOf, format, parse, type Words } from '../../address/words.js'
import type { Prefix } from '../../model/netfilter.js'
import { misuse } from './complaint.js'
import type { Lookup } from './lookup.js'
import { wholeNumber } from './value.js'

export const fullLength = (family: Family): 32 | 128 => (family === 4 ? 32 : 128)

/** Canonical text of an address of this family, null if it is none. An IPv4 address in IPv6 clothes is IPv4. */
export function canonical(text: string, family: Family): string | null {
  const words = parse(text)
  return words && familyOf(words) === family && text.includes(':') === (family === 6) ? format(words) : null
}

/** -s and -d: every address that is named, each with its mask. */
export const prefixes = (text: string, family: Family, lookup: Lookup): Prefix[] =>
  text.split(',').flatMap((part) => onePrefix(part.trimStart(), family, lookup))

function onePrefix(text: string, family: Family, lookup: Lookup): Prefix[] {
  const slash = text.lastIndexOf('/')
  if (slash < 0) return hosts(text, family, lookup).map((address) => ({ address, length: fullLength(family) }))
  const length = mask(text.slice(slash + 1), family)
  if (length === 0) return [{ address: family === 4 ? '0.0.0.0' : '::', length }]
  const host = text.slice(0, slash)
  const completed = family === 4 && typeof length === 'number' ? complete(host, length) : host
  return hosts(completed, family, lookup).map((address) => ({ address: cover(address, length, family), length }))
}

/** `10.1` with /16 or less is 10.1.0.0. */
function complete(host: string, length: number): string {
  const parts = host.split('.')
  const isShort = parts.length < 4 && parts.every((part) => /^\d{1,3}$/.test(part)) && length <= 8 * parts.length
  return isShort ? [...parts, '0', '0', '0'].slice(0, 4).join('.') : host
}

function hosts(text: string, family: Family, lookup: Lookup): readonly string[] {
  const address = canonical(text, family)
  if (address !== null) return [address]
  const trap = family === 4 ? ambiguityOf(text) : /:.*\./.test(text) ? 'it carries an IPv4 address' : ''
  if (trap) throw misuse(`host/network \`${text}' not found: ${trap}`)
  const found = text === '' || text.includes(':') ? [] : lookup.hosts(text)
  if (found.length === 0) throw misuse(`host/network \`${text}' not found`)
  return found
}

/** Why a text that older tools take for an IPv4 address (inet_aton(3)) is refused; '' if it is none to them either. */
export function ambiguityOf(text: string): string {
  const parts = text.split('.')
  if (parts.length > 4 || !parts.every((part) => /^(0x[0-9a-f]+|\d+)$/i.test(part))) return ''
  const values = parts.map((part) => (/^0[0-7]+$/.test(part) ? Number.parseInt(part, 8) : Number(part)))
  const rest = values.pop()!
  if (values.some((value) => value > 255) || rest >= 256 ** (5 - parts.length)) return ''
  return parts.length < 4
    ? 'write all four numbers of the address'
    : 'write its numbers in decimal, without leading zeros'
}

/** A prefix length, or the mask as an address where it is not contiguous. */
function mask(text: string, family: Family): number | string {
  const words = maskWords(text, family)
  if (words) return contiguous(words, family) ?? format(words)
  const length = wholeNumber(text, 0, fullLength(family))
  if (length === null) throw misuse(`invalid mask \`${text}' specified`)
  return length
}

/** Length of a mask written as an address; null if it is none, or not contiguous. */
export function contiguousMask(text: string, family: Family): number | null {
  const words = maskWords(text, family)
  return words && contiguous(words, family)
}

function maskWords(text: string, family: Family): Words | null {
  const address = canonical(text, family)
  return address === null ? null : parse(address)
}

function contiguous(words: Words, family: Family): number | null {
  const bits = bitsOf(words).slice(128 - fullLength(family))
  const length = bits.lastIndexOf('1') + 1
  return bits.indexOf('0') >= 0 && bits.indexOf('0') < length ? null : length
}

const bitsOf = (words: Words): string => words.map((word) => (word >>> 0).toString(2).padStart(32, '0')).join('')

/** The address with the bits outside of the mask cleared. */
function cover(address: string, length: number | string, family: Family): string {
  const words = parse(address)!
  const limits = typeof length === 'string' ? parse(length)! : lengthWords(length + 128 - fullLength(family))
  const covered = words.map((word, i) => (family === 4 && i < 3 ? word : word & limits[i]))
  return format(covered)
}

const lengthWords = (length: number): number[] =>
  [0, 32, 64, 96].map((from) => (length <= from ? 0 : length >= from + 32 ? -1 : -1 << (from + 32 - length)))

/** As listings and save files write it: `/24`, `/255.0.255.0`. */
export const prefixText = ({ address, length }: Prefix): string => `${address}/${length}`

/** The same with the full length left out. */
export const shortPrefixText = (address: string, length: number | string, family: Family): string =>
  length === fullLength(family) ? address : `${address}/${length}`
