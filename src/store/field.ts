/** The fields that many shapes have: numbers, names, ports, addresses in their canonical form. */
import * as words from '../address/words.js'
import { oneOf, text, where, whole } from './check.js'

const ADDRESS_MAX = 39
const V4 = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)\.){3}(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)$/

export const count = whole(0, Number.MAX_SAFE_INTEGER)
export const family = oneOf(4, 6)
export const port = whole(0, 65535)
export const name = (from: number, to: number) =>
  where(text(from, to), (value) => !/\s/.test(value), 'a name has no white space')

export function isCanonical(address: string): boolean {
  if (V4.test(address)) return true
  const parsed = address.includes(':') ? words.parse(address) : null
  return parsed !== null && words.format(parsed) === address
}

const NOT_AN_ADDRESS = 'not an address in its canonical form'
export const address = where(text(1, ADDRESS_MAX), isCanonical, NOT_AN_ADDRESS)
export const addressOrNone = where(text(0, ADDRESS_MAX), (value) => value === '' || isCanonical(value), NOT_AN_ADDRESS)
