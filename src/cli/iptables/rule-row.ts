/** A rule on one line: a row of `-L`, and what `-v` says of a rule that was changed. */
import type { Counters } from '../../commands/command.js'
import type { Negatable, Prefix, RuleSpec, Target } from '../../model/netfilter.js'
import { shortPrefixText } from './address.js'
import { shortCount } from './count.js'
import type { Printing } from './extension.js'
import { matchExtension } from './match/registry.js'
import type { ListOptions } from './request.js'
import { findTarget } from './target/registry.js'
import { builtinProtocolName } from './value.js'

/** How `-L` names things. */
export interface Naming extends Printing {
  protocol(number: number): string
}

/** `number` counts from 1. */
export function row(rule: RuleSpec, number: number, counters: Counters, options: ListOptions, naming: Naming): string {
  const { protocol, source, destination } = rule
  const line = options.lineNumbers ? `${`${number}`.padEnd(4)} ` : ''
  const counts = options.verbose
    ? `${count(counters.packets, options.exact)}${count(counters.bytes, options.exact)}`
    : ''
  const interfaces = options.verbose
    ? ` ${interfaceText(rule.inInterface, naming).padEnd(6)} ${interfaceText(rule.outInterface, naming).padEnd(6)} `
    : ''
  return (
    `${line}${counts}${targetName(rule.target).padEnd(9)} ` +
    `${mark(protocol)}${naming.protocol(protocol.value).padEnd(4)} ${fragmentText(rule)} ${interfaces}` +
    `${mark(source)}${addressText(source, naming).padEnd(19)} ` +
    `${mark(destination)}${addressText(destination, naming).padEnd(19)} ${details(rule, naming)}\n`
  )
}

/** What `-v` prints of a rule that was added, replaced, deleted or found. */
export function echo(rule: RuleSpec, naming: Naming): string {
  const { protocol, source, destination } = rule
  const name = builtinProtocolName(protocol.value) ?? `${protocol.value}`
  return (
    `${targetName(rule.target)} ${mark(protocol)}${name} opt ${fragmentText(rule)} ` +
    `in ${interfaceText(rule.inInterface, naming)} out ${interfaceText(rule.outInterface, naming)} ` +
    `${mark(source)}${addressText(source, naming)} ${mark(destination)}-> ${addressText(destination, naming)}  ` +
    `${details(rule, naming)}\n`
  )
}

const mark = (condition: { invert: boolean } | null): string => (condition?.invert ? '!' : ' ')

const count = (value: number, exact: boolean): string =>
  `${exact ? `${value}`.padStart(8) : shortCount(value).padStart(5)} `

const fragmentText = ({ fragment }: RuleSpec): string => (fragment === null ? '--' : fragment.invert ? '!f' : '-f')

const interfaceText = (name: Negatable<string> | null, { numeric }: Naming): string =>
  name === null ? (numeric ? '*' : 'any') : `${name.invert ? '!' : ''}${name.value}`

function addressText(prefix: Negatable<Prefix> | null, { family, numeric, host }: Naming): string {
  const { address, length } = prefix?.value ?? { address: family === 4 ? '0.0.0.0' : '::', length: 0 }
  if (!numeric && length === 0) return 'anywhere'
  return shortPrefixText(numeric ? address : host(address), length, family)
}

const targetName = (target: Target): string =>
  target.kind === 'NONE' ? '' : target.kind === 'JUMP' ? target.chain : target.kind

/** Matches and target, each with a space before it. */
function details(rule: RuleSpec, naming: Naming): string {
  const { matches, target } = rule
  const jump = target.kind === 'JUMP' && target.goto ? '[goto] ' : ''
  const texts = matches.map((match) => matchExtension(match).print(match, naming, rule))
  const targetText = findTarget(target.kind)?.print(target, naming) ?? ''
  return `${jump}${[...texts, ...(targetText === '' ? [] : [targetText])].map((text) => ` ${text}`).join('')}`
}

export const numericNaming = (family: Naming['family']): Naming => ({
  numeric: true,
  family,
  port: String,
  host: (address) => address,
  protocol: String,
})
