/**
 * The nat chain as the data path walks it: once per connection, at POSTROUTING.
 *
 * Rules arrive compiled to numbers. A walk sees the packet after IPVS chose the destination: source is the client,
 * destination the real server (net/netfilter/xt_ipvs.c, net/netfilter/nf_nat_core.c). It answers with a source or
 * with "leave it". It never allocates a port of a clashing tuple and never blocks.
 */
import type { Words } from '../address/words.js'

export const Verdict = { snat: 1, accept: 2, return: 3, jump: 4, goto: 5, masquerade: 6, next: 7, drop: 8 } as const

/** value and mask compare as `(word & mask) === value`, four words. */
export interface PrefixSpec {
  invert: boolean
  value: Words
  mask: Words
}

export interface NumberSpec {
  invert: boolean
  value: number
}

export interface SpanSpec {
  invert: boolean
  from: number
  to: number
}

export interface IpvsSpec {
  /** `! --ipvs` alone: never true for a balanced packet. */
  notIpvs: boolean
  protocol: NumberSpec | null
  address: PrefixSpec | null
  port: NumberSpec | null
  /** false: --vdir REPLY, never true at the first packet. */
  original: boolean
  method: NumberSpec | null
  controlPort: NumberSpec | null
}

export interface SourceSpec {
  /** null: keep the client's address (`--to-source :PORTS`); with the masquerade verdict the interface's address is used. */
  first: Words | null
  last: Words | null
  /** 0-0: no range given. */
  firstPort: number
  lastPort: number
  /** --random or --random-fully: never keep the client's port. */
  random: boolean
  persistent: boolean
  /** How the pool is named to people: 'nat POSTROUTING rule 1 (192.0.2.10)'. */
  pool: string
}

export interface RuleSpec {
  id: number
  /** A condition no packet meets here: an input interface (`-i`), a later fragment (`-f`). The rule only stays listed. */
  never: boolean
  protocol: NumberSpec | null
  source: PrefixSpec | null
  destination: PrefixSpec | null
  /** Name, or a prefix where wildcard. */
  outInterface: { invert: boolean; name: string; wildcard: boolean } | null
  /** All must hold: a rule may carry more than one port match. */
  sourcePorts: SpanSpec[]
  destinationPorts: SpanSpec[]
  ipvs: IpvsSpec[]
  verdict: number
  /** Chain index for jump and goto, else -1. */
  chain: number
  /** Set for the snat and masquerade verdicts, else null. */
  sourceSpec: SourceSpec | null
  packets: number
  bytes: number
}

/** chains[0] is POSTROUTING; jumps index into the same array and never form a loop. */
export interface ChainSpec {
  id: number
  name: string
  /** accept or drop at the end of a built-in chain; return at the end of a user chain. */
  policy: number
  rules: RuleSpec[]
}
