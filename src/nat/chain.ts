/**
 * Chains as the data path walks them, each once per connection: mangle's PREROUTING before a service is looked up, nat's
 * POSTROUTING after the destination was chosen.
 *
 * Rules arrive compiled to numbers. PREROUTING sees the packet as the client sent it and gives it a mark. POSTROUTING
 * sees it as IPVS sends it on: source is the client, destination the real server (net/netfilter/xt_ipvs.c,
 * net/netfilter/nf_nat_core.c). It answers with a source or with "leave it". A walk never allocates a port of a clashing
 * tuple and never blocks.
 */
import type { Words } from '../address/words.js'

export const Verdict = {
  snat: 1,
  accept: 2,
  return: 3,
  jump: 4,
  goto: 5,
  masquerade: 6,
  next: 7,
  drop: 8,
  mark: 9,
} as const

/** value and mask compare as `(word & mask) === value`, four words. */
export interface PrefixSpec {
  invert: boolean
  value: Words
  mask: Words
}

/** A name, or the beginning of one where wildcard. */
export interface InterfaceSpec {
  invert: boolean
  name: string
  wildcard: boolean
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

/** -m multiport: the source port, the destination port or either lies in one of the spans. */
export interface PortsSpec {
  invert: boolean
  source: boolean
  destination: boolean
  spans: SpanSpec[]
}

/** `(bits & mask) === value`: marks and TCP flags. */
export interface BitsSpec {
  invert: boolean
  value: number
  mask: number
}

/** Any of the types is in the packet; all are; nothing else is. */
export const Extent = { any: 0, all: 1, only: 2 } as const

/** One bit for each type. */
export const CHUNK_WORDS = 8

/** -m sctp --chunk-types. */
export interface ChunkSpec {
  invert: boolean
  /** Of Extent. */
  extent: number
  /** CHUNK_WORDS words. */
  types: number[]
  /** Types that count only with these flags. */
  flags: { type: number; mask: number; set: number }[]
}

/** -m addrtype. */
export interface KindSpec {
  invert: boolean
  /** Of the source; else of the destination. */
  source: boolean
  /** Bits of Kind (address-kind.ts). */
  kinds: number
}

/** The mark becomes `(mark & ~mask) ^ value`. */
export interface MarkSpec {
  value: number
  mask: number
}

export interface IpvsSpec {
  /** --ipvs and no more: all that is known of a packet that is balanced by itself. */
  bare: boolean
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
  /** A condition no packet meets here, such as a later fragment (`-f`). The rule only stays listed. */
  never: boolean
  protocol: NumberSpec | null
  source: PrefixSpec | null
  destination: PrefixSpec | null
  /** Not looked at by a walk: packets reach the engine by the host's rules, which did (io/tun/placement.ts). */
  inInterface: InterfaceSpec | null
  outInterface: InterfaceSpec | null
  /** All must hold: a rule may carry more than one match of a kind. */
  sourcePorts: SpanSpec[]
  destinationPorts: SpanSpec[]
  ports: PortsSpec[]
  tcpFlags: BitsSpec[]
  tcpOptions: NumberSpec[]
  chunks: ChunkSpec[]
  marks: BitsSpec[]
  kinds: KindSpec[]
  ipvs: IpvsSpec[]
  verdict: number
  /** Chain index for jump and goto, else -1. */
  chain: number
  /** Set for the snat and masquerade verdicts, else null. */
  sourceSpec: SourceSpec | null
  /** Set for the mark verdict, else null. */
  markSpec: MarkSpec | null
  packets: number
  bytes: number
}

/** chains[0] is the built-in one; jumps index into the same array and never form a loop. */
export interface ChainSpec {
  id: number
  name: string
  /** accept or drop at the end of a built-in chain; return at the end of a user chain. */
  policy: number
  rules: RuleSpec[]
}
