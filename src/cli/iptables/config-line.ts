/** A line of `iptables -S` in a configuration file: what it says, or why iptables would not take it. */
import type { Family } from '../../address/words.js'
import type { ReadRuleLine, RuleLine } from '../../config/read.js'
import type { RuleSpec, TableName } from '../../model/netfilter.js'
import { systemNames } from '../name/names.js'
import { Complaint } from './complaint.js'
import type { Lookup } from './lookup.js'
import { parse } from './parse.js'
import { wordsOf } from './quote.js'
import { ruleText } from './rule-text.js'

/** Hosts by name would be others tomorrow. */
const lookup: Lookup = {
  get ports() {
    return systemNames.ports
  },
  get protocols() {
    return systemNames.protocols
  },
  hosts: (name) => {
    throw new Complaint('plain', `${name} is a name: write its address`)
  },
}

export const readRuleLine: ReadRuleLine = (table, family, line) => {
  try {
    return lineOf(table, family, line)
  } catch (error) {
    if (error instanceof Complaint) return error.message.trim().split('\n')[0]
    throw error
  }
}

function lineOf(table: TableName, family: Family, line: string): RuleLine | string {
  const origin = {
    program: { name: family === 4 ? 'iptables' : 'ip6tables', family },
    table,
    restore: true,
    warn: () => {},
  }
  const request = parse(wordsOf(line), origin, lookup)
  const refusal = '-A, -N and -P are what a file states'
  if (request.kind !== 'change' || request.changes.length === 0) return refusal
  const rules: RuleSpec[] = []
  const chains = new Set<string>()
  for (const change of request.changes) {
    if (change.kind === 'chain.new') return { kind: 'chain', chain: change.chain }
    if (change.kind === 'chain.policy') return { kind: 'policy', chain: change.chain, policy: change.policy }
    if (change.kind !== 'rule.append') return refusal
    rules.push(change.rule)
    chains.add(change.chain)
  }
  return { kind: 'rule', chain: [...chains][0], rules }
}

/** The line again. */
export const writeRuleLine = (family: Family, chain: string, rule: RuleSpec): string =>
  ruleText(chain, rule, family, systemNames.protocols, null)
