/**
 * The walk through the chains of a hook: the first packet of a connection in, a binding and its mark out.
 *
 * Semantics are netfilter's (net/ipv4/netfilter/ip_tables.c, ipt_do_table): the first rule that decides wins, a rule
 * without target counts and goes on, RETURN and the end of a user chain go back behind the jump, RETURN in the
 * built-in chain and its end leave the packet to the policy. goto leaves no way back. Every rule whose conditions
 * hold counts, the policy too. Nothing is allocated per walk.
 */
import { AddressKinds, type HostAddresses, NO_ADDRESSES } from './address-kind.js'
import type { ChainSpec, MarkSpec, RuleSpec, SourceSpec } from './chain.js'
import { Verdict } from './chain.js'
import { asksClient, matches, suitsServer } from './match.js'
import type { NatPacket } from './packet.js'

/** none: no rule took it (or ACCEPT or RETURN did): the client's own source stays. */
export const Binding = { none: 0, snat: 1, masquerade: 2, drop: 3 } as const
export type Binding = (typeof Binding)[keyof typeof Binding]

/** What a walk decided; one object per NatChains, overwritten by the next walk. */
export interface WalkResult {
  kind: Binding
  /** Set for snat and masquerade. */
  source: SourceSpec | null
}

/** What a walk will decide for every client alike, and where it will count. */
export interface Foresight extends WalkResult {
  counted: readonly number[]
}

/** Of a nat rule, or of a built-in chain's policy, by id. */
export interface Counter {
  id: number
  packets: number
  bytes: number
}

/** A rule and the dense slot it counts in. */
interface Step {
  rule: RuleSpec
  slot: number
}

interface Chain {
  policy: number
  /** Slot of the policy; -1 for user chains. */
  slot: number
  steps: Step[]
}

export class NatChains {
  private readonly v4: Chain[]
  private readonly v6: Chain[]
  private readonly result: WalkResult = { kind: Binding.none, source: null }
  private readonly slots = new Map<number, number>()
  private readonly packets: Float64Array
  private readonly bytes: Float64Array
  /** Where jumps return to: chain and step, two entries a level. Without loops no deeper than there are chains. */
  private readonly returns: Int32Array
  private readonly addresses: AddressKinds
  /** While foreseeing: where the walk would count; and whether a rule was met whose conditions a client decides. */
  private foreseen: number[] | null = null
  private unsure = false
  /** While looking: the client is known. */
  private looks = false
  /** By slot, whose it is. */
  private readonly ids: number[] = []

  constructor(v4: readonly ChainSpec[], v6: readonly ChainSpec[], addresses: HostAddresses = NO_ADDRESSES) {
    this.addresses = new AddressKinds(addresses)
    const all = [...v4, ...v6]
    const slots = all.reduce((sum, chain) => sum + chain.rules.length + 1, 0)
    this.packets = new Float64Array(slots)
    this.bytes = new Float64Array(slots)
    this.returns = new Int32Array(2 * Math.max(v4.length, v6.length, 1))
    this.v4 = v4.map((chain) => this.lay(chain))
    this.v6 = v6.map((chain) => this.lay(chain))
  }

  private lay(chain: ChainSpec): Chain {
    const builtin = chain.policy !== Verdict.return
    const slot = builtin ? this.slot(chain.id, 0, 0) : -1
    const steps = chain.rules.map((rule) => ({ rule, slot: this.slot(rule.id, rule.packets, rule.bytes) }))
    return { policy: chain.policy, slot, steps }
  }

  private slot(id: number, packets: number, bytes: number): number {
    const slot = this.slots.size
    this.slots.set(id, slot)
    this.ids[slot] = id
    this.packets[slot] = packets
    this.bytes[slot] = bytes
    return slot
  }

  /** The same before there is a client: all else is in `packet`. null: it depends on the client. Nothing is counted. */
  foresee(packet: NatPacket): Foresight | null {
    const counted: number[] = []
    this.foreseen = counted
    this.unsure = false
    const { kind, source } = this.walk(packet)
    this.foreseen = null
    return this.unsure ? null : { kind, source, counted }
  }

  /** What a walk decides for this packet, and the ids of the rules and policies where it would count. Nothing is counted. */
  look(packet: NatPacket): Foresight {
    const counted: number[] = []
    this.foreseen = counted
    this.looks = true
    const { kind, source } = this.walk(packet)
    this.looks = false
    this.foreseen = null
    return { kind, source, counted: counted.map((slot) => this.ids[slot]) }
  }

  /** A connection was made as it was foreseen. */
  countForeseen(counted: readonly number[], bytes: number): void {
    for (let i = 0; i < counted.length; i++) this.count(counted[i], bytes)
  }

  /** The result is reused: read it before the next walk. */
  walk(packet: NatPacket): WalkResult {
    const chains = packet.family === 4 ? this.v4 : this.v6
    if (chains.length === 0) return this.decide(Binding.none, null)
    let chain = 0
    let step = 0
    let depth = 0
    for (;;) {
      const { steps } = chains[chain]
      const at = step < steps.length ? steps[step++] : null
      if (at && !this.holds(at.rule, packet)) continue
      if (at) this.count(at.slot, packet.bytes)
      switch (at ? at.rule.verdict : Verdict.return) {
        case Verdict.next:
          break
        case Verdict.mark:
          remark(packet, at!.rule.markSpec!)
          break
        case Verdict.jump:
          this.returns[depth++] = chain
          this.returns[depth++] = step
          chain = at!.rule.chain
          step = 0
          break
        case Verdict.goto:
          chain = at!.rule.chain
          step = 0
          break
        case Verdict.return:
          if (depth === 0) return this.policy(chains[0], packet)
          step = this.returns[--depth]
          chain = this.returns[--depth]
          break
        default:
          return this.conclude(at!.rule)
      }
    }
  }

  private holds(rule: RuleSpec, packet: NatPacket): boolean {
    if (this.foreseen === null || this.looks) return matches(rule, packet, this.addresses)
    if (!suitsServer(rule, packet, this.addresses)) return false
    this.unsure ||= asksClient(rule)
    return true
  }

  private conclude(rule: RuleSpec): WalkResult {
    if (rule.verdict === Verdict.snat) return this.decide(Binding.snat, rule.sourceSpec)
    if (rule.verdict === Verdict.masquerade) return this.decide(Binding.masquerade, rule.sourceSpec)
    return this.decide(rule.verdict === Verdict.drop ? Binding.drop : Binding.none, null)
  }

  private policy(chain: Chain, packet: NatPacket): WalkResult {
    if (chain.slot >= 0) this.count(chain.slot, packet.bytes)
    return this.decide(chain.policy === Verdict.drop ? Binding.drop : Binding.none, null)
  }

  private decide(kind: Binding, source: SourceSpec | null): WalkResult {
    this.result.kind = kind
    this.result.source = source
    return this.result
  }

  private count(slot: number, bytes: number): void {
    if (this.foreseen !== null) {
      this.foreseen.push(slot)
      return
    }
    this.packets[slot]++
    this.bytes[slot] += bytes
  }

  /** Of every rule and policy, in no promised order. */
  counters(): Counter[] {
    return Array.from(this.slots, ([id, slot]) => ({ id, packets: this.packets[slot], bytes: this.bytes[slot] }))
  }

  /** Sets the counters of those ids that exist here: `next.setCounters(previous.counters())` keeps them over an install. */
  setCounters(counters: Iterable<Counter>): void {
    for (const { id, packets, bytes } of counters) {
      const slot = this.slots.get(id)
      if (slot === undefined) continue
      this.packets[slot] = packets
      this.bytes[slot] = bytes
    }
  }
}

function remark(packet: NatPacket, { value, mask }: MarkSpec): void {
  packet.mark = ((packet.mark & ~mask) ^ value) >>> 0
}
