/** A rule as the options that make it: `-S` and save files (iptables 1.8.9, nft-ipv4.c, save_rule). */
import type { Family } from '../../address/words.js'
import type { Counters } from '../../commands/command.js'
import type { Negatable, Prefix, RuleSpec } from '../../model/netfilter.js'
import type { ProtocolNames } from '../name/protocol-names.js'
import { prefixText } from './address.js'
import { matchExtension } from './match/registry.js'
import { findTarget } from './target/registry.js'
import { builtinProtocolName } from './value.js'

/** The line that appends the rule; `counters` stand before the target, where they are wanted there. */
export function ruleText(
  chain: string,
  rule: RuleSpec,
  family: Family,
  protocols: ProtocolNames,
  counters: Counters | null,
): string {
  const { source, destination, inInterface, outInterface, protocol, fragment } = rule
  const name = builtinProtocolName(protocol.value) ?? protocols.name(protocol.value) ?? `${protocol.value}`
  const parts = [
    `-A ${chain}`,
    option('-s', source, address(source)),
    option('-d', destination, address(destination)),
    option('-i', inInterface, inInterface?.value),
    option('-o', outInterface, outInterface?.value),
    option('-p', protocol.value === 0 ? null : protocol, name),
    option('-f', fragment),
    ...rule.matches.map((match) => joined(`-m ${match.kind}`, matchExtension(match).save(match, family))),
    counters ? `-c ${counters.packets} ${counters.bytes}` : '',
    targetText(rule, family),
  ]
  return parts.filter((part) => part !== '').join(' ')
}

const option = (name: string, condition: { invert: boolean } | null, value?: string): string =>
  condition === null ? '' : `${condition.invert ? '! ' : ''}${joined(name, value ?? '')}`

const joined = (name: string, value: string): string => (value === '' ? name : `${name} ${value}`)

const address = (prefix: Negatable<Prefix> | null): string => (prefix ? prefixText(prefix.value) : '')

function targetText({ target }: RuleSpec, family: Family): string {
  if (target.kind === 'NONE') return ''
  if (target.kind === 'JUMP') return `-${target.goto ? 'g' : 'j'} ${target.chain}`
  return joined(`-j ${target.kind}`, findTarget(target.kind)!.save(target, family))
}
