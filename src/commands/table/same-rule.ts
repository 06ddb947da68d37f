/**
 * When two rules are the same to `-D` and `-C`: every condition and the target, in the same order; counters and ids
 * do not count (iptables 1.8.9, nft.c, nft_rule_cmp).
 */
import type { RuleSpec } from '../../model/netfilter.js'

const FIELDS = [
  'protocol',
  'source',
  'destination',
  'inInterface',
  'outInterface',
  'fragment',
  'target',
  'matches',
] as const satisfies readonly (keyof RuleSpec)[]

export const isSameRule = (a: RuleSpec, b: RuleSpec): boolean => FIELDS.every((field) => isEqual(a[field], b[field]))

/** JSON values: the order of an object's fields does not matter, that of a list does. */
function isEqual(a: unknown, b: unknown): boolean {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return a === b
  const keys = Object.keys(a)
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => isEqual((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key]))
  )
}
