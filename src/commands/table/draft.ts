/**
 * A table being changed. The table it began with is never touched: a chain is copied at its first change, so
 * that a batch costs what its changes cost.
 */
import type { Chain, Rule, RuleSpec, RuleTable, TableName } from '../../model/netfilter.js'
import { emptyTable } from '../../model/state.js'
import type { Counters, Family } from '../command.js'
import { JumpGraph } from './jump-graph.js'

export class TableDraft {
  readonly name: TableName
  readonly family: Family
  /** Rises with every change. */
  version = 0
  readonly #base: RuleTable
  readonly #takeId: () => number
  #chains: Map<string, Chain>
  readonly #opened = new Set<Chain>()
  #graph: JumpGraph | null = null

  constructor(base: RuleTable, takeId: () => number) {
    this.name = base.name
    this.family = base.family
    this.#base = base
    this.#takeId = takeId
    this.#chains = byName(base.chains)
  }

  /** The table as it is now, to be read when all changes are made: the one it began with if there were none. */
  table(): RuleTable {
    return this.version === 0 ? this.#base : { name: this.name, family: this.family, chains: this.chains() }
  }

  /** A draft that goes on from here; this one stays as it is. */
  fork(): TableDraft {
    return new TableDraft(this.table(), this.#takeId)
  }

  chain(name: string): Chain | undefined {
    return this.#chains.get(name)
  }

  /** Built-in chains first, then user chains in the order they were made. */
  chains(): Chain[] {
    return [...this.#chains.values()]
  }

  /** Who jumps where; built when it is first asked for. */
  get graph(): JumpGraph {
    this.#graph ??= new JumpGraph(this.#chains.values())
    return this.#graph
  }

  addChain(name: string): void {
    this.version++
    this.#chains.set(name, this.#own({ id: this.#takeId(), name, policy: null, rules: [] }))
  }

  removeChain(name: string): void {
    this.version++
    this.#chains.delete(name)
  }

  /** The chain keeps its place, its id and the jumps that lead to it. */
  renameChain(from: string, to: string): void {
    this.version++
    const renamed = this.chains().map((chain) => ({ ...chain, name: chain.name === from ? to : chain.name }))
    for (const chain of renamed) {
      chain.rules = chain.rules.map((rule) =>
        rule.target.kind === 'JUMP' && rule.target.chain === from
          ? { ...rule, target: { ...rule.target, chain: to } }
          : rule,
      )
      this.#own(chain)
    }
    this.#chains = byName(renamed)
    this.#graph = null
  }

  setPolicy(chain: Chain, policy: Chain['policy']): void {
    if (chain.policy !== policy) this.#open(chain).policy = policy
  }

  /** Position 0 is the first. */
  insertRule(chain: Chain, at: number, spec: RuleSpec, counters: Counters): void {
    const rule: Rule = { ...spec, id: this.#takeId(), packets: counters.packets, bytes: counters.bytes }
    const { rules } = this.#open(chain)
    if (at === rules.length) rules.push(rule)
    else rules.splice(at, 0, rule)
    this.#graph?.add(chain.name, spec)
  }

  removeRule(chain: Chain, at: number): void {
    const [removed] = this.#open(chain).rules.splice(at, 1)
    this.#graph?.remove(chain.name, removed)
  }

  flushChain(chain: Chain): void {
    if (chain.rules.length === 0) return
    for (const rule of chain.rules) this.#graph?.remove(chain.name, rule)
    this.#open(chain).rules = []
  }

  /** As a table no rule was ever made in, policies included. */
  empty(): void {
    const fresh = emptyTable(this.name, this.family)
    if (JSON.stringify(fresh.chains) !== JSON.stringify(this.chains())) this.version++
    this.#chains = byName(fresh.chains)
    for (const chain of fresh.chains) this.#own(chain)
    this.#graph = null
  }

  zeroRule(chain: Chain, at: number): void {
    const { packets, bytes } = chain.rules[at]
    if (packets === 0 && bytes === 0) return
    const { rules } = this.#open(chain)
    rules[at] = { ...rules[at], packets: 0, bytes: 0 }
  }

  #open(chain: Chain): Chain {
    this.version++
    const current = this.#chains.get(chain.name)!
    if (this.#opened.has(current)) return current
    const copy = this.#own({ ...current, rules: [...current.rules] })
    this.#chains.set(chain.name, copy)
    return copy
  }

  #own(chain: Chain): Chain {
    this.#opened.add(chain)
    return chain
  }
}

const byName = (chains: Chain[]): Map<string, Chain> => new Map(chains.map((chain) => [chain.name, chain]))
