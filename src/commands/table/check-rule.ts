/**
 * What must hold of a rule by itself, whoever made it: conditions that could never be true together, or that the
 * data path could not read, are refused.
 */
import { familyOf, parse } from '../../address/words.js'
import { Failure } from '../../failure/failure.js'
import type {
  AddressType,
  AddrtypeMatch,
  IcmpMatch,
  Match,
  MultiportMatch,
  Negatable,
  Prefix,
  RuleSpec,
} from '../../model/netfilter.js'
import type { Family } from '../command.js'

const NUMBERS = { tcp: 6, udp: 17, sctp: 132, icmp: 1, icmp6: 58 } as const
const UDPLITE = 136
const ICMP = 1
const DCCP = 33
/** Protocols whose packets have a port, or an id in its place, to translate (net/netfilter/nf_nat_proto.c). */
const WITH_PORTS: readonly number[] = [NUMBERS.tcp, NUMBERS.udp, NUMBERS.sctp, DCCP, ICMP]

/** Those whose ports multiport looks at (net/netfilter/xt_multiport.c). */
const MULTIPORT: readonly number[] = [NUMBERS.tcp, NUMBERS.udp, UDPLITE, NUMBERS.sctp, DCCP]
/** XT_MULTI_PORTS; a range counts for two. */
const MULTIPORT_MAX = 15

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

function checkMatch(family: Family, rule: RuleSpec, match: Match): void {
  const check = CHECKS[match.kind] as (family: Family, rule: RuleSpec, match: Match) => void
  check(family, rule, match)
}

const needsProtocol = (_: Family, rule: RuleSpec, { kind }: { kind: keyof typeof NUMBERS }): void => {
  if (!isFor(rule, [NUMBERS[kind]])) refuse(`a ${kind} match needs a rule for protocol ${kind}`)
}
const icmpOf =
  (own: Family) =>
  (family: Family, rule: RuleSpec, match: IcmpMatch): void => {
    if (family !== own) refuse(`IPv${family} has no ${match.kind}`)
    needsProtocol(family, rule, match)
  }
const fine = (): void => undefined

const CHECKS: { [K in Match['kind']]: (family: Family, rule: RuleSpec, match: Match & { kind: K }) => void } = {
  comment: fine,
  mark: fine,
  ipvs: (family, _, { address }) => checkPrefix(family, address),
  addrtype: checkAddrtype,
  multiport: checkMultiport,
  tcp: needsProtocol,
  udp: needsProtocol,
  sctp: needsProtocol,
  icmp: icmpOf(4),
  icmp6: icmpOf(6),
}

const isFor = ({ protocol }: RuleSpec, numbers: readonly number[]): boolean =>
  !protocol.invert && numbers.includes(protocol.value)

/** Kinds that IPv6's routes do not have (net/netfilter/xt_addrtype.c, addrtype_mt_checkentry_v1). */
const NOT_IN_IPV6: readonly AddressType[] = ['BROADCAST', 'BLACKHOLE', 'PROHIBIT', 'THROW', 'NAT', 'XRESOLVE']

function checkAddrtype(family: Family, _: RuleSpec, { source, destination }: AddrtypeMatch): void {
  if (!source && !destination) refuse('addrtype without a type matches nothing in particular')
  for (const types of [source, destination]) {
    if (types?.value.length === 0) refuse('addrtype without a type would never match')
    const strange = family === 6 ? types?.value.find((type) => NOT_IN_IPV6.includes(type)) : undefined
    if (strange) refuse(`IPv6 has no addresses of type ${strange}`)
  }
}

function checkMultiport(_: Family, rule: RuleSpec, { ports }: MultiportMatch): void {
  if (!isFor(rule, MULTIPORT)) refuse('a multiport match needs a rule for a protocol with ports')
  const count = ports.value.reduce((sum, { from, to }) => sum + (from === to ? 1 : 2), 0)
  if (count === 0 || count > MULTIPORT_MAX) refuse(`a multiport match has 1 to ${MULTIPORT_MAX} ports`)
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
