/** For tests and benches: a rule that every packet meets, with this target, less what is changed. */
import type { RuleSpec, Target } from './netfilter.js'

export const ruleSpec = (target: Target, changes: Partial<RuleSpec> = {}): RuleSpec => ({
  protocol: { invert: false, value: 0 },
  source: null,
  destination: null,
  inInterface: null,
  outInterface: null,
  fragment: null,
  matches: [],
  target,
  ...changes,
})
