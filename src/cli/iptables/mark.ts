/** Marks in a command line: `value[/mask]`, 32 bits each (iptables 1.8.9, libxtables, xtopt_parse_markmask). */
import type { Mark } from '../../model/netfilter.js'
import { misuse } from './complaint.js'
import type { OptionUse } from './extension.js'
import { leadingNumber, wholeNumber } from './value.js'

export const MARK_MAX = 0xffff_ffff

export function maskedMark(extension: string, { option, argument }: OptionUse): Mark {
  const invalid = misuse(`${extension}: bad integer value for option "--${option}", or out of range.\n`)
  const first = leadingNumber(argument)
  if (!first || first.value > MARK_MAX) throw invalid
  if (first.rest === '') return { value: first.value, mask: MARK_MAX }
  const second = first.rest[0] === '/' ? leadingNumber(first.rest.slice(1)) : { value: 0, rest: first.rest }
  if (!second || second.value > MARK_MAX) throw invalid
  if (second.rest !== '') throw misuse(`${extension}: trailing garbage after value for option "--${option}".\n`)
  return { value: first.value, mask: second.value }
}

export function bits(extension: string, { option, argument }: OptionUse): number {
  const number = wholeNumber(argument, 0, MARK_MAX)
  if (number !== null) return number
  throw misuse(`${extension}: bad value for option "--${option}", or out of range (0-${MARK_MAX}).\n`)
}

export const hex = (word: number): string => `0x${word.toString(16)}`

export const maskedText = ({ value, mask }: Mark): string => `${hex(value)}/${hex(mask)}`
