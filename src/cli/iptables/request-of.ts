/** A command line that is read, to what it asks for: the checks that need the whole line (xshared.c, do_parse). */
import type { Counters, TableChange } from '../../commands/command.js'
import type {
  Match,
  Negatable,
  Policy,
  PortMatch,
  Prefix,
  RuleSpec,
  TableName,
  Target,
  TcpMatch,
} from '../../model/netfilter.js'
import { prefixes } from './address.js'
import type { CommandLine } from './command-line.js'
import { Complaint, misuse } from './complaint.js'
import { BAD_POLICY, NOT_FOR_DROP } from './failure-text.js'
import { isTable, lackingTable, OTHER_TABLES } from './known.js'
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
const CHAIN_NAME_MAX = 28
const INPUT_CHAINS = ['PREROUTING', 'INPUT']
const OUTPUT_CHAINS = ['POSTROUTING', 'OUTPUT']

/** Throws Complaint. */
export function requestOf(line: CommandLine): Request {
  const parts = checkedParts(line)
  const { table } = line
  if (!isTable(table)) throw wrongTable(table)
  const list = line.commands.has('L') ? 'table' : line.commands.has('S') ? 'rules' : null
  if (list) return listing(line, table, list)
  return { kind: 'change', table, changes: changesOf(line, table, parts), verbose: line.options.has('v') }
}

/** Errors in do_parse's order. */
function checkedParts(line: CommandLine): Parts {
  const isRule = RULE_COMMANDS.some((command) => line.commands.has(command))
  if (
    line.table === 'nat' &&
    (line.policy === 'DROP' || line.jump?.chain === 'DROP' || line.extensions.targetName === 'DROP')
  )
    throw misuse(NOT_FOR_DROP)
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
    if ((match.kind !== 'tcp' && match.kind !== 'udp') || !isCondition(match)) continue
    if (rule.protocol.invert || rule.protocol.value !== numbers[match.kind])
      throw misuse(`${match.kind.toUpperCase()} match requires '-p ${match.kind}'`)
  }
}

const isCondition = (match: TcpMatch | PortMatch): boolean =>
  Object.entries(match).some(([name, value]) => name !== 'kind' && value !== null)

const wrongTable = (table: string): Complaint =>
  OTHER_TABLES.includes(table)
    ? new Complaint('unsupportedTable', `${lackingTable(table)} (-t nat, -t mangle)`)
    : new Complaint('version', `table '${table}' does not exist`)

function listing(line: CommandLine, table: TableName, form: 'table' | 'rules'): Request {
  const { chain, position, options, commands, rule } = line
  const at = position === 0 ? null : position
  const zeroes = commands.has('Z') || commands.has('Z#')
  return {
    kind: 'list',
    table,
    form,
    options: {
      chain,
      at,
      numeric: options.has('n'),
      verbose: options.has('v'),
      exact: options.has('x'),
      lineNumbers: options.has('0'),
    },
    zero: zeroes ? { kind: 'chain.zero', table, family: rule.family, chain, at: commands.has('Z#') ? at : null } : null,
  }
}

function changesOf(line: CommandLine, table: TableName, parts: Parts): TableChange[] {
  const where = { table, family: line.rule.family }
  const [command] = line.commands
  const chain = line.chain!
  switch (command) {
    case 'A':
    case 'I':
    case 'R':
    case 'D':
    case 'C':
      return rules(line, parts).map((rule) => onRule(command, line, { ...where, chain, rule }))
    case 'D#':
      return [{ kind: 'rule.deleteAt', ...where, chain, at: line.position }]
    case 'N':
      return [{ kind: 'chain.new', ...where, chain }]
    case 'E':
      checkChainName(line.newName, where.family)
      return [{ kind: 'chain.rename', ...where, chain, to: line.newName }]
    case 'P':
      return [{ kind: 'chain.policy', ...where, chain, ...policy(line) }]
    case 'F':
      return [{ kind: 'chain.flush', ...where, chain: line.chain }]
    case 'X':
      return [{ kind: 'chain.delete', ...where, chain: line.chain }]
    default:
      return [{ kind: 'chain.zero', ...where, chain: line.chain, at: command === 'Z#' ? line.position : null }]
  }
}

interface OnRule {
  table: TableName
  family: 4 | 6
  chain: string
  rule: RuleSpec
}

function onRule(command: RuleCommand, { position, counters }: CommandLine, on: OnRule): TableChange {
  switch (command) {
    case 'A':
      return { kind: 'rule.append', ...on, ...counters }
    case 'I':
      return { kind: 'rule.insert', ...on, at: position, ...counters }
    case 'R':
      return { kind: 'rule.replace', ...on, at: position, ...counters }
    case 'D':
      return { kind: 'rule.delete', ...on }
    case 'C':
      return { kind: 'rule.check', ...on }
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
function policy({ policy, options, counters }: CommandLine): { policy: Policy; counters: Counters | null } {
  if (policy !== 'ACCEPT' && policy !== 'DROP')
    throw new Complaint('refused', `${BAD_POLICY}. Run \`dmesg' for more information`)
  return { policy, counters: options.has('c') ? counters : null }
}
