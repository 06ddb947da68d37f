/**
 * Which chains jump to which, and which of them translate: what netfilter looks at before it takes a rule.
 *
 * As there, a circle can be closed among chains that no built-in chain leads to, until a jump would lead into it
 * (Linux 6.1, net/netfilter/nf_tables_api.c, nft_chain_validate).
 */
import type { Chain, RuleSpec } from '../../model/netfilter.js'

/** Chains on the way of one packet, the built-in one included (NFT_JUMP_STACK_SIZE). */
const DEPTH_MAX = 16

export type Translation = 'SNAT' | 'MASQUERADE'

const HOOKS: Readonly<Record<Translation, readonly string[]>> = {
  SNAT: ['INPUT', 'POSTROUTING'],
  MASQUERADE: ['POSTROUTING'],
}

/** Where the kernel lets a source be translated (net/netfilter/xt_nat.c, xt_MASQUERADE.c). */
export const hookAllows = (builtin: string, translation: Translation): boolean => HOOKS[translation].includes(builtin)

interface Node {
  builtin: boolean
  /** How many rules lead here from each chain, and from here to each. */
  callers: Map<string, number>
  callees: Map<string, number>
  translations: Record<Translation, number>
}

export class JumpGraph {
  readonly #nodes = new Map<string, Node>()

  constructor(chains: Iterable<Chain>) {
    for (const chain of chains) {
      this.#node(chain.name).builtin = chain.policy !== null
      for (const rule of chain.rules) this.add(chain.name, rule)
    }
  }

  add(chain: string, rule: RuleSpec): void {
    this.#count(chain, rule, 1)
  }

  remove(chain: string, rule: RuleSpec): void {
    this.#count(chain, rule, -1)
  }

  isReferenced(chain: string): boolean {
    return this.#node(chain).callers.size > 0
  }

  /** Whether a packet in one of the built-in chains that lead to `chain` may be translated like that. */
  allows(chain: string, translation: Translation): boolean {
    return this.#hooksOf(chain).every((hook) => hookAllows(hook, translation))
  }

  /**
   * Whether a jump would lead to a circle, or deeper than netfilter goes. Where no packet comes from, only what is
   * there already counts: the kernel looks below the jump before it is part of its chain.
   */
  wouldLoop(from: string, to: string): boolean {
    if (1 + this.#heightOf(to, new Map()) >= DEPTH_MAX) return true
    const above = this.#depthOf(from, new Map())
    return above >= 0 && above + 1 + this.#heightOf(to, new Map([[from, Infinity]])) >= DEPTH_MAX
  }

  /** Whether a jump would lead packets to a translation that their built-in chain does not allow. */
  wouldMisplace(from: string, to: string): boolean {
    const hooks = this.#hooksOf(from)
    if (hooks.length === 0) return false
    for (const name of reach(to, (at) => this.#node(at).callees.keys())) {
      const { translations } = this.#node(name)
      for (const kind of ['SNAT', 'MASQUERADE'] as const)
        if (translations[kind] > 0 && !hooks.every((hook) => hookAllows(hook, kind))) return true
    }
    return false
  }

  #hooksOf(chain: string): string[] {
    const above = reach(chain, (at) => this.#node(at).callers.keys())
    return [...above].filter((name) => this.#node(name).builtin)
  }

  /** Jumps on the longest way from a built-in chain to here; -Infinity where none leads here. */
  #depthOf(chain: string, known: Map<string, number>): number {
    const node = this.#node(chain)
    if (node.builtin) return 0
    const before = known.get(chain)
    if (before !== undefined) return before
    known.set(chain, -Infinity) // a circle up here is out of every packet's way
    let depth = -Infinity
    for (const caller of node.callers.keys()) depth = Math.max(depth, this.#depthOf(caller, known) + 1)
    known.set(chain, depth)
    return depth
  }

  /** Jumps on the longest way down from here; Infinity in a circle. */
  #heightOf(chain: string, known: Map<string, number>): number {
    const before = known.get(chain)
    if (before !== undefined) return before
    known.set(chain, Infinity)
    let height = 0
    for (const callee of this.#node(chain).callees.keys()) height = Math.max(height, this.#heightOf(callee, known) + 1)
    known.set(chain, height)
    return height
  }

  #count(chain: string, { target }: RuleSpec, by: 1 | -1): void {
    const node = this.#node(chain)
    if (target.kind === 'SNAT' || target.kind === 'MASQUERADE') node.translations[target.kind] += by
    if (target.kind !== 'JUMP') return
    tally(node.callees, target.chain, by)
    tally(this.#node(target.chain).callers, chain, by)
  }

  #node(name: string): Node {
    let node = this.#nodes.get(name)
    if (!node) {
      node = { builtin: false, callers: new Map(), callees: new Map(), translations: { SNAT: 0, MASQUERADE: 0 } }
      this.#nodes.set(name, node)
    }
    return node
  }
}

function tally(counts: Map<string, number>, name: string, by: number): void {
  const count = (counts.get(name) ?? 0) + by
  if (count > 0) counts.set(name, count)
  else counts.delete(name)
}

/** `from` and all that steps lead to. */
function reach(from: string, steps: (at: string) => Iterable<string>): Set<string> {
  const found = new Set([from])
  for (const at of found) for (const next of steps(at)) found.add(next) // a Set is walked through to what is added
  return found
}
