/**
 * When two rules are the same to `-D` and `-C`: every condition and the target, in the same order; counters and ids
 * do not count (iptables 1.8.9, nft.c, nft_rule_cmp).
 */
import type { RuleSpec } from '../../model/netfilter.js'
import { isEqual } from '../equal.js'

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
