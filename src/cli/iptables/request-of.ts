/** A command line that is read, to what it asks for: the checks that need the whole line (xshared.c, do_parse). */
import type { NatChange } from '../../commands/command.js'
import type { Match, Negatable, Prefix, RuleSpec, Target } from '../../model/nat.js'
import { prefixes } from './address.js'
import type { CommandLine } from './command-line.js'
import { Complaint, misuse } from './complaint.js'
import { BAD_POLICY, NOT_FOR_DROP } from './failure-text.js'
import { OTHER_TABLES } from './known.js'
import { type Command, checkOptions } from './legal.js'
import { checkChainName } from './letters.js'
import type { Request } from './request.js'

type RuleCommand = 'A' | 'I' | 'R' | 'D' | 'C'

interface Parts {
  matches: Match[]
  target: Target
  sources: Prefix[]
  destinations: Prefix[]
}

const RULE_COMMANDS: readonly Command[] = ['A', 'I', 'R', 'D', 'C']
const TABLE = 'nat'
const CHAIN_NAME_MAX = 28
const INPUT_CHAINS = ['PREROUTING', 'INPUT']
const OUTPUT_CHAINS = ['POSTROUTING', 'OUTPUT']

/** Throws Complaint. */
export function requestOf(line: CommandLine): Request {
  const parts = checkedParts(line)
  if (line.table !== TABLE) throw wrongTable(line.table)
  const list = line.commands.has('L') ? 'table' : line.commands.has('S') ? 'rules' : null
  if (list) return listing(line, list)
  return { kind: 'change', changes: changesOf(line, parts), verbose: line.options.has('v') }
}

/** Errors in do_parse's order. */
function checkedParts(line: CommandLine): Parts {
  const isRule = RULE_COMMANDS.some((command) => line.commands.has(command))
  if (line.table === TABLE && (line.policy === 'DROP' || line.jump?.chain === 'DROP')) throw misuse(NOT_FOR_DROP)
  if (line.waitsInIntervals && !line.waits) throw misuse('--wait-interval only makes sense with --wait\n')
  const { matches, target } = line.extensions.finish()
  if (line.commands.size === 0) throw misuse('no command specified')
  if (line.isNegated) throw misuse('nothing appropriate following !')
  const sources = addresses(line, line.source)
  const destinations = addresses(line, line.destination)
  if (sources.length * destinations.length > 1) checkSeveral(line)
  checkOptions(line.commands, line.options)
  if (line.chain !== null && line.chain.length > CHAIN_NAME_MAX)
    throw misuse(`chain name \`${line.chain}' too long (must be under ${CHAIN_NAME_MAX + 1} chars)`)
  if (isRule || line.commands.has('D#')) checkInterfaces(line)
  if (isRule) checkProtocol(line, matches)
  return { matches, target, sources, destinations }
}

function addresses({ rule }: CommandLine, text: Negatable<string> | null): Prefix[] {
  const any: Prefix = { address: rule.family === 4 ? '0.0.0.0' : '::', length: 0 }
  return text === null ? [any] : prefixes(text.value, rule.family, rule.lookup)
}

function checkSeveral({ source, destination, commands }: CommandLine): void {
  if (source?.invert || destination?.invert)
    throw misuse('! not allowed with multiple source or destination IP addresses')
  if (commands.has('R')) throw misuse('Replacement rule does not specify a unique address')
}

function checkInterfaces({ options, chain }: CommandLine): void {
  if (options.has('o') && INPUT_CHAINS.includes(chain!)) throw misuse(`Can't use -o with ${chain}\n`)
  if (options.has('i') && OUTPUT_CHAINS.includes(chain!)) throw misuse(`Can't use -i with ${chain}\n`)
}

/** A port is asked for where no protocol says what a port is. */
function checkProtocol({ rule }: CommandLine, matches: readonly Match[]): void {
  const numbers = { tcp: 6, udp: 17 }
  for (const match of matches) {
    if ((match.kind !== 'tcp' && match.kind !== 'udp') || (!match.source && !match.destination)) continue
    if (rule.protocol.invert || rule.protocol.value !== numbers[match.kind])
      throw misuse(`${match.kind.toUpperCase()} match requires '-p ${match.kind}'`)
  }
}

const wrongTable = (table: string): Complaint =>
  OTHER_TABLES.includes(table)
    ? new Complaint(
        'unsupportedTable',
        `table '${table}' is not supported by fullnat: it has the nat table alone (-t nat)`,
      )
    : new Complaint('version', `table '${table}' does not exist`)

function listing(line: CommandLine, form: 'table' | 'rules'): Request {
  const { chain, position, options, commands, rule } = line
  const at = position === 0 ? null : position
  const zeroes = commands.has('Z') || commands.has('Z#')
  return {
    kind: 'list',
    form,
    options: {
      chain,
      at,
      numeric: options.has('n'),
      verbose: options.has('v'),
      exact: options.has('x'),
      lineNumbers: options.has('0'),
    },
    zero: zeroes ? { kind: 'chain.zero', family: rule.family, chain, at: commands.has('Z#') ? at : null } : null,
  }
}

function changesOf(line: CommandLine, parts: Parts): NatChange[] {
  const { family } = line.rule
  const [command] = line.commands
  const chain = line.chain!
  switch (command) {
    case 'A':
    case 'I':
    case 'R':
    case 'D':
    case 'C':
      return rules(line, parts).map((rule) => onRule(command, line, rule))
    case 'D#':
      return [{ kind: 'rule.deleteAt', family, chain, at: line.position }]
    case 'N':
      return [{ kind: 'chain.new', family, chain }]
    case 'E':
      checkChainName(line.newName, family)
      return [{ kind: 'chain.rename', family, chain, to: line.newName }]
    case 'P':
      return [policy(line, chain)]
    case 'F':
      return [{ kind: 'chain.flush', family, chain: line.chain }]
    case 'X':
      return [{ kind: 'chain.delete', family, chain: line.chain }]
    default:
      return [{ kind: 'chain.zero', family, chain: line.chain, at: command === 'Z#' ? line.position : null }]
  }
}

function onRule(command: RuleCommand, line: CommandLine, rule: RuleSpec): NatChange {
  const { family } = line.rule
  const chain = line.chain!
  switch (command) {
    case 'A':
      return { kind: 'rule.append', family, chain, rule, ...line.counters }
    case 'I':
      return { kind: 'rule.insert', family, chain, at: line.position, rule, ...line.counters }
    case 'R':
      return { kind: 'rule.replace', family, chain, at: line.position, rule, ...line.counters }
    case 'D':
      return { kind: 'rule.delete', family, chain, rule }
    case 'C':
      return { kind: 'rule.check', family, chain, rule }
  }
}

/** One for each pair of a source and a destination. */
function rules(line: CommandLine, { matches, target, sources, destinations }: Parts): RuleSpec[] {
  const { jump, rule, inInterface, outInterface, fragment } = line
  const shared = {
    protocol: rule.protocol,
    inInterface,
    outInterface,
    fragment,
    matches,
    target: jump ? { kind: 'JUMP' as const, ...jump } : target,
  }
  return sources.flatMap((source) =>
    destinations.map((destination) => ({
      ...shared,
      source: condition(line.source, source),
      destination: condition(line.destination, destination),
    })),
  )
}

/** A network of every address is no condition, unless it is negated. */
function condition(text: Negatable<string> | null, value: Prefix): Negatable<Prefix> | null {
  const invert = text?.invert ?? false
  return value.length === 0 && !invert ? null : { invert, value }
}

/** -c sets the policy's counters too, which the real tool forgets to do. */
function policy({ policy, options, counters, rule }: CommandLine, chain: string): NatChange {
  if (policy !== 'ACCEPT') throw new Complaint('refused', `${BAD_POLICY}. Run \`dmesg' for more information`)
  return { kind: 'chain.policy', family: rule.family, chain, policy, counters: options.has('c') ? counters : null }
}
