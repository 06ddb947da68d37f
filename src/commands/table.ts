/**
 * The commands of the nat and mangle tables, with the semantics of iptables 1.8.9 on nf_tables.
 *
 * A command applies whole or fails with a Failure and changes nothing; a batch likewise. Chains and rules get their
 * ids here. Counters live in the data path; a rule knows where its own began.
 */
import { Failure } from '../failure/failure.js'
import type { Chain, RuleSpec } from '../model/netfilter.js'
import type { TableBatch, TableChange, TableCommand } from './command.js'
import type { Draft } from './draft.js'
import { checkRule } from './table/check-rule.js'
import type { TableDraft } from './table/draft.js'
import { hookAllows } from './table/jump-graph.js'
import { isSameRule } from './table/same-rule.js'

type Of<K extends TableChange['kind']> = Extract<TableChange, { kind: K }>

/** Whether the command changed anything. Throws Failure. */
export function applyTable(draft: Draft, command: TableCommand): boolean {
  if (command.kind === 'table.batch') return applyBatch(draft, command)
  const table = draft.table(command.table, command.family)
  const { version } = table
  change(table, command)
  return table.version !== version
}

function applyBatch(draft: Draft, { table: name, family, flush, changes }: TableBatch): boolean {
  const table = draft.table(name, family).fork()
  if (flush) table.empty()
  for (const [index, one] of changes.entries()) changeAt(index, table, one)
  draft.putTable(table)
  return table.version > 0
}

function changeAt(index: number, table: TableDraft, command: TableChange): void {
  try {
    change(table, command)
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    throw new Failure(error.code, error.message, { ...error.facts, index })
  }
}

const actions: { [K in TableChange['kind']]: (draft: TableDraft, command: Of<K>) => void } = {
  'rule.append': addRule,
  'rule.insert': addRule,
  'rule.replace': replaceRule,
  'rule.delete': deleteRule,
  'rule.deleteAt': deleteAt,
  'rule.check': find,
  'chain.new': (draft, { chain }) => newChain(draft, chain),
  'chain.restore': (draft, { chain }) => restoreChain(draft, chain),
  'chain.delete': (draft, { chain }) => deleteChain(draft, chain),
  'chain.rename': rename,
  'chain.flush': (draft, { chain }) => each(draft, chain, (one) => draft.flushChain(one)),
  'chain.policy': setPolicy,
  'chain.zero': (draft, { chain, at }) => each(draft, chain, (one) => zero(draft, one, at)),
}

function change(draft: TableDraft, command: TableChange): void {
  const act = actions[command.kind] as (draft: TableDraft, command: TableChange) => void
  act(draft, command)
}

function addRule(draft: TableDraft, command: Of<'rule.append'> | Of<'rule.insert'>): void {
  const { rule } = command
  checkTarget(draft, rule)
  const chain = existing(draft, command.chain)
  const at = command.kind === 'rule.append' ? chain.rules.length : command.at - 1
  if (at > chain.rules.length)
    throw new Failure('index-insertion', `${chain.name} has only ${chain.rules.length} rules`)
  checkPlacement(draft, chain, rule)
  draft.insertRule(chain, at, rule, command)
}

/** The new rule counts from its own counters, as a new one does. */
function replaceRule(draft: TableDraft, command: Of<'rule.replace'>): void {
  checkTarget(draft, command.rule)
  const chain = existing(draft, command.chain)
  const at = command.at - 1
  if (at >= chain.rules.length)
    throw new Failure('index-replacement', `${chain.name} has only ${chain.rules.length} rules`)
  checkPlacement(draft, chain, command.rule)
  draft.removeRule(chain, at)
  draft.insertRule(existing(draft, chain.name), at, command.rule, command)
}

function deleteRule(draft: TableDraft, command: Of<'rule.delete'>): void {
  const at = find(draft, command)
  draft.removeRule(existing(draft, command.chain), at)
}

function deleteAt(draft: TableDraft, command: Of<'rule.deleteAt'>): void {
  const chain = existing(draft, command.chain)
  if (command.at > chain.rules.length)
    throw new Failure('index-deletion', `${chain.name} has only ${chain.rules.length} rules`)
  draft.removeRule(chain, command.at - 1)
}

/** Position of the first rule that is the same. */
function find(draft: TableDraft, { chain, rule }: Of<'rule.delete'> | Of<'rule.check'>): number {
  checkTarget(draft, rule)
  const at = existing(draft, chain).rules.findIndex((one) => isSameRule(one, rule))
  if (at < 0) throw new Failure('rule-missing', `no rule of ${chain} is like that`)
  return at
}

function newChain(draft: TableDraft, name: string): void {
  if (draft.chain(name)) throw new Failure('chain-exists', `chain ${name} already exists`)
  draft.addChain(name)
}

function restoreChain(draft: TableDraft, name: string): void {
  const chain = draft.chain(name)
  if (!chain) draft.addChain(name)
  else if (chain.policy === null) draft.flushChain(chain)
  else throw new Failure('chain-builtin', `${name} is a built-in chain`)
}

/** Built-in chains stay: to delete an empty one changes nothing. */
function deleteChain(draft: TableDraft, name: string | null): void {
  const chains = name === null ? draft.chains().filter((chain) => chain.policy === null) : [existing(draft, name)]
  const busy = chains.find((chain) => chain.rules.length > 0 || draft.graph.isReferenced(chain.name))
  if (busy) throw new Failure('chain-busy', `chain ${busy.name} has rules or is jumped to`, { chain: busy.name })
  for (const chain of chains) if (chain.policy === null) draft.removeChain(chain.name)
}

function rename(draft: TableDraft, { chain, to }: Of<'chain.rename'>): void {
  if (draft.chain(to)) throw new Failure('chain-exists', `chain ${to} already exists`)
  if (existing(draft, chain).policy !== null) throw new Failure('chain-builtin', `${chain} is a built-in chain`)
  draft.renameChain(chain, to)
}

function setPolicy(draft: TableDraft, command: Of<'chain.policy'>): void {
  const chain = draft.chain(command.chain)
  if (!chain || chain.policy === null) throw new Failure('chain-builtin', `${command.chain} is no built-in chain`)
  if (command.policy === 'DROP' && draft.name === 'nat')
    throw new Failure('drop-in-nat', 'the nat table is not intended for filtering')
  draft.setPolicy(chain, command.policy)
}

/** A position behind the last rule is no error. */
function zero(draft: TableDraft, chain: Chain, at: number | null): void {
  const { length } = chain.rules
  const from = at === null ? 0 : at - 1
  for (let i = from; i < (at === null ? length : Math.min(at, length)); i++) draft.zeroRule(draft.chain(chain.name)!, i)
}

function each(draft: TableDraft, name: string | null, act: (chain: Chain) => void): void {
  for (const chain of name === null ? draft.chains() : [existing(draft, name)]) act(chain)
}

function existing(draft: TableDraft, name: string): Chain {
  const chain = draft.chain(name)
  if (!chain) throw new Failure('chain-missing', `there is no chain ${name}`, { chain: name })
  return chain
}

/** The fact `role` tells a missing chain that a rule jumps to from one that it should stand in. */
function checkTarget(draft: TableDraft, { target }: RuleSpec): void {
  if (target.kind === 'JUMP' && !draft.chain(target.chain))
    throw new Failure('chain-missing', `there is no chain ${target.chain}`, { chain: target.chain, role: 'target' })
}

/** What the kernel refuses a rule for. */
function checkPlacement(draft: TableDraft, { name, policy }: Chain, rule: RuleSpec): void {
  checkRule(draft.family, rule)
  const { target } = rule
  if (target.kind === 'DROP' && draft.name === 'nat')
    throw new Failure('drop-in-nat', 'the nat table is not intended for filtering')
  const misplaced = () => new Failure('target-misplaced', `no packet of ${name} may be translated so`, { chain: name })
  if (target.kind === 'SNAT' || target.kind === 'MASQUERADE') {
    if (
      draft.name !== 'nat' ||
      !(policy === null ? draft.graph.allows(name, target.kind) : hookAllows(name, target.kind))
    )
      throw misplaced()
  } else if (target.kind === 'JUMP') {
    if (draft.chain(target.chain)!.policy !== null)
      throw new Failure('chain-builtin', `nothing can jump to ${target.chain}`, { chain: name })
    if (draft.graph.wouldLoop(name, target.chain))
      throw new Failure('target-loop', `packets would go in a circle, or too deep, from ${name}`, { chain: name })
    if (draft.graph.wouldMisplace(name, target.chain)) throw misplaced()
  }
}
