/**
 * The nat table, compiled for the walk: POSTROUTING first, then the user chains it reaches, in the order they are met.
 *
 * The table comes checked (jumps lead somewhere and never in a circle, addresses parse): nothing here fails. Chains
 * of other hooks are left out; they have no part in choosing a source.
 */
import { type Family, familyOf, parse, type Words } from '../address/words.js'
import type {
  Chain,
  IpvsMatch,
  MasqueradeTarget,
  NatTable,
  Negatable,
  PortSpan,
  Prefix,
  Rule,
  SnatTarget,
} from '../model/nat.js'
import type { ChainSpec, IpvsSpec, NumberSpec, PrefixSpec, RuleSpec, SourceSpec, SpanSpec } from '../nat/chain.js'
import { Verdict } from '../nat/chain.js'
import { Method } from '../service/service.js'

const HOOK = 'POSTROUTING'
const METHODS = { MASQ: Method.masq, IPIP: Method.tunnel, GATE: Method.gate } as const

type Indexes = Map<string, number>

export function compileNat(table: NatTable): ChainSpec[] {
  const chains = reached(table)
  const indexes: Indexes = new Map(chains.map((chain, i) => [chain.name, i]))
  return chains.map((chain) => ({
    id: chain.id,
    name: chain.name,
    policy: chain.policy === null ? Verdict.return : chain.policy === 'DROP' ? Verdict.drop : Verdict.accept,
    rules: chain.rules.map((rule, i) => compileRule(rule, `nat ${chain.name} rule ${i + 1}`, indexes)),
  }))
}

function reached(table: NatTable): Chain[] {
  const byName = new Map(table.chains.map((chain) => [chain.name, chain]))
  const found = new Set([byName.get(HOOK)!])
  for (const chain of found) // a Set is walked through to what is added on the way
    for (const { target } of chain.rules) if (target.kind === 'JUMP') found.add(byName.get(target.chain)!)
  return [...found]
}

function compileRule(rule: Rule, name: string, indexes: Indexes): RuleSpec {
  const { target, matches } = rule
  return {
    id: rule.id,
    never: isNever(rule),
    protocol: rule.protocol.value === 0 ? null : number(rule.protocol),
    source: prefix(rule.source),
    destination: prefix(rule.destination),
    outInterface: rule.outInterface && { invert: rule.outInterface.invert, ...interfaceName(rule.outInterface.value) },
    sourcePorts: spans(matches.map((match) => ('source' in match ? match.source : null))),
    destinationPorts: spans(matches.map((match) => ('destination' in match ? match.destination : null))),
    ipvs: matches.filter((match) => match.kind === 'ipvs').map(ipvs),
    verdict: verdictOf(rule),
    chain: target.kind === 'JUMP' ? indexes.get(target.chain)! : -1,
    sourceSpec: target.kind === 'SNAT' || target.kind === 'MASQUERADE' ? sourceSpec(target, name) : null,
    packets: rule.packets,
    bytes: rule.bytes,
  }
}

/**
 * At POSTROUTING the input interface is unknown (the empty name: only `-i +` and a negated name hold), and every
 * packet is whole, for it was reassembled or is the first of its connection.
 */
function isNever(rule: Rule): boolean {
  if (rule.fragment !== null && !rule.fragment.invert) return true
  if (rule.inInterface === null) return false
  return (rule.inInterface.value === '+') === rule.inInterface.invert
}

function verdictOf({ target }: Rule): number {
  switch (target.kind) {
    case 'SNAT':
      return Verdict.snat
    case 'MASQUERADE':
      return Verdict.masquerade
    case 'ACCEPT':
      return Verdict.accept
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

const ipvs = (match: IpvsMatch): IpvsSpec => ({
  notIpvs: match.ipvs?.invert ?? false,
  protocol: number(match.protocol),
  address: prefix(match.address),
  port: number(match.port),
  original: match.direction !== 'REPLY',
  method: match.method && { invert: match.method.invert, value: METHODS[match.method.value] },
  controlPort: number(match.controlPort),
})

const number = (spec: Negatable<number> | null): NumberSpec | null => spec && { invert: spec.invert, value: spec.value }

const spans = (specs: (Negatable<PortSpan> | null)[]): SpanSpec[] =>
  specs.filter((spec) => spec !== null).map(({ invert, value }) => ({ invert, from: value.from, to: value.to }))

function prefix(spec: Negatable<Prefix> | null): PrefixSpec | null {
  if (spec === null) return null
  const address = parse(spec.value.address)!
  const mask = maskOf(spec.value.length, familyOf(address))
  const value: Words = [address[0] & mask[0], address[1] & mask[1], address[2] & mask[2], address[3] & mask[3]]
  return { invert: spec.invert, value, mask }
}

function maskOf(length: number | string, family: Family): Words {
  if (typeof length === 'number') return lengthMask(family === 4 ? 96 + length : length)
  const words = parse(length)!
  return family === 4 ? [-1, -1, -1, words[3]] : words
}

function lengthMask(length: number): Words {
  const word = (bits: number): number => (bits <= 0 ? 0 : bits >= 32 ? -1 : -1 << (32 - bits))
  return [word(length), word(length - 32), word(length - 64), word(length - 96)]
}

/** 'eth+' is every name that begins with 'eth'. */
const interfaceName = (name: string): { name: string; wildcard: boolean } =>
  name.endsWith('+') ? { name: name.slice(0, -1), wildcard: true } : { name, wildcard: false }
