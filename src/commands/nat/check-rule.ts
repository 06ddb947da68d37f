/**
 * What must hold of a rule by itself, whoever made it: conditions that could never be true together, or that the
 * data path could not read, are refused.
 */
import { familyOf, parse } from '../../address/words.js'
import { Failure } from '../../failure/failure.js'
import type { Match, Negatable, Prefix, RuleSpec } from '../../model/nat.js'
import type { Family } from '../command.js'

const NUMBERS = { tcp: 6, udp: 17, sctp: 132 } as const
const ICMP = 1
const DCCP = 33
/** Protocols whose packets have a port, or an id in its place, to translate (net/netfilter/nf_nat_proto.c). */
const WITH_PORTS: readonly number[] = [NUMBERS.tcp, NUMBERS.udp, NUMBERS.sctp, DCCP, ICMP]

/** Throws Failure('bad-request'). */
export function checkRule(family: Family, rule: RuleSpec): void {
  if (rule.protocol.invert && rule.protocol.value === 0) refuse('a rule for no protocol at all would never match')
  for (const prefix of [rule.source, rule.destination]) {
    checkPrefix(family, prefix)
    if (prefix?.invert && prefix.value.length === 0) refuse('a rule for no address at all would never match')
  }
  for (const match of rule.matches) checkMatch(family, rule, match)
  checkTarget(family, rule)
}

function checkMatch(family: Family, { protocol }: RuleSpec, match: Match): void {
  if (match.kind === 'ipvs') checkPrefix(family, match.address)
  else if (match.kind !== 'comment' && (protocol.invert || protocol.value !== NUMBERS[match.kind]))
    refuse(`a ${match.kind} match needs a rule for protocol ${match.kind}`)
}

function checkTarget(family: Family, { protocol, target }: RuleSpec): void {
  if (target.kind !== 'SNAT' && target.kind !== 'MASQUERADE') return
  if (target.ports && (protocol.invert || !WITH_PORTS.includes(protocol.value)))
    refuse('ports to translate to need a rule for a protocol with ports')
  if (target.kind !== 'SNAT') return
  if (!target.addresses && !target.ports) refuse('SNAT without an address or a port translates nothing')
  if (target.addresses) for (const address of Object.values(target.addresses)) checkFamily(family, address)
}

function checkPrefix(family: Family, prefix: Negatable<Prefix> | null): void {
  if (!prefix) return
  const { address, length } = prefix.value
  checkFamily(family, address)
  if (typeof length === 'string') checkFamily(family, length)
  else if (length > (family === 4 ? 32 : 128)) refuse(`no IPv${family} prefix is ${length} bits long`)
}

function checkFamily(family: Family, address: string): void {
  const words = parse(address)
  if (!words || familyOf(words) !== family) refuse(`${address} is no IPv${family} address`)
}

function refuse(why: string): never {
  throw new Failure('bad-request', why)
}
