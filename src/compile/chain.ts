/**
 * A table, compiled for the walk of one hook: its built-in chain first, then the user chains it reaches, in the order
 * they are met.
 *
 * The table comes checked (jumps lead somewhere and never in a circle, addresses parse): nothing here fails. Chains
 * of other hooks are left out; no walk meets them.
 */
import { parse } from '../address/words.js'
import type {
  Chain,
  MasqueradeTarget,
  Match,
  Negatable,
  PortSpan,
  Rule,
  RuleTable,
  SnatTarget,
} from '../model/netfilter.js'
import { type ChainSpec, type RuleSpec, type SourceSpec, Verdict } from '../nat/chain.js'
import { compileMatches, interfaceSpec, number, prefix } from './match.js'

type Indexes = Map<string, number>

/** PREROUTING: before a service is known, of packets that came in. POSTROUTING: on their way to a real server. */
export type Hook = 'PREROUTING' | 'POSTROUTING'

export function compileChains(table: RuleTable, hook: Hook): ChainSpec[] {
  const chains = reached(table, hook)
  const indexes: Indexes = new Map(chains.map((chain, i) => [chain.name, i]))
  return chains.map((chain) => ({
    id: chain.id,
    name: chain.name,
    policy: chain.policy === null ? Verdict.return : chain.policy === 'DROP' ? Verdict.drop : Verdict.accept,
    rules: chain.rules.map((rule, i) => compileRule(rule, hook, `${table.name} ${chain.name} rule ${i + 1}`, indexes)),
  }))
}

function reached(table: RuleTable, hook: Hook): Chain[] {
  const byName = new Map(table.chains.map((chain) => [chain.name, chain]))
  const found = new Set([byName.get(hook)!])
  for (const chain of found) // a Set is walked through to what is added on the way
    for (const { target } of chain.rules) if (target.kind === 'JUMP') found.add(byName.get(target.chain)!)
  return [...found]
}

function compileRule(rule: Rule, hook: Hook, name: string, indexes: Indexes): RuleSpec {
  const { target } = rule
  const { ipvs, ...conditions } = compileMatches(rule.matches)
  return {
    id: rule.id,
    never: isNever(rule, hook),
    protocol: rule.protocol.value === 0 ? null : number(rule.protocol),
    source: prefix(rule.source),
    destination: prefix(rule.destination),
    inInterface: hook === 'PREROUTING' ? interfaceSpec(rule.inInterface) : null,
    outInterface: hook === 'POSTROUTING' ? interfaceSpec(rule.outInterface) : null,
    ...conditions,
    ipvs: hook === 'POSTROUTING' ? ipvs : [],
    verdict: verdictOf(rule),
    chain: target.kind === 'JUMP' ? indexes.get(target.chain)! : -1,
    sourceSpec: target.kind === 'SNAT' || target.kind === 'MASQUERADE' ? sourceSpec(target, name) : null,
    markSpec: target.kind === 'MARK' ? { value: target.value, mask: target.mask } : null,
    packets: rule.packets,
    bytes: rule.bytes,
  }
}

/**
 * Every packet is whole, for it was reassembled or is the first of its connection. The interface of the other side is
 * unknown (the empty name: only `+` and a negated name hold). At PREROUTING no packet is balanced yet.
 */
function isNever(rule: Rule, hook: Hook): boolean {
  if (rule.fragment !== null && !rule.fragment.invert) return true
  if (hook === 'PREROUTING') return isUnknown(rule.outInterface) || rule.matches.some(wantsIpvs)
  return isUnknown(rule.inInterface)
}

const isUnknown = (name: Negatable<string> | null): boolean => name !== null && (name.value === '+') === name.invert

const wantsIpvs = (match: Match): boolean => match.kind === 'ipvs' && !match.ipvs?.invert

function verdictOf({ target }: Rule): number {
  switch (target.kind) {
    case 'SNAT':
      return Verdict.snat
    case 'MASQUERADE':
      return Verdict.masquerade
    case 'MARK':
      return Verdict.mark
    case 'ACCEPT':
      return Verdict.accept
    case 'DROP':
      return Verdict.drop
    case 'RETURN':
      return Verdict.return
    case 'JUMP':
      return target.goto ? Verdict.goto : Verdict.jump
    case 'NONE':
      return Verdict.next
  }
}

function sourceSpec(target: SnatTarget | MasqueradeTarget, name: string): SourceSpec {
  const addresses = target.kind === 'SNAT' ? target.addresses : null
  return {
    first: addresses && parse(addresses.from),
    last: addresses && parse(addresses.to),
    firstPort: target.ports?.from ?? 0,
    lastPort: target.ports?.to ?? 0,
    random: target.random || target.randomFully,
    persistent: target.kind === 'SNAT' && target.persistent,
    pool: `${name} (${poolText(target)})`,
  }
}

/** As `iptables -L` prints it behind `to:`. */
function poolText(target: SnatTarget | MasqueradeTarget): string {
  const ports = target.ports === null ? '' : `:${spanText(target.ports)}`
  if (target.kind === 'MASQUERADE') return `MASQUERADE${ports}`
  if (target.addresses === null) return ports
  const { from, to } = target.addresses
  const bracket = (address: string): string => (ports !== '' && address.includes(':') ? `[${address}]` : address)
  return `${bracket(from)}${from === to ? '' : `-${bracket(to)}`}${ports}`
}

const spanText = ({ from, to }: PortSpan): string => (from === to ? `${from}` : `${from}-${to}`)
