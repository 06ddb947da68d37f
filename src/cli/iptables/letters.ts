/** What each of the tool's own options does (iptables 1.8.9, xshared.c, do_parse). */
import type { Family } from '../../address/words.js'
import type { OptionScanner } from '../option/scanner.js'
import type { CommandLine } from './command-line.js'
import { Complaint, misuse, unsupported } from './complaint.js'
import { helpText } from './help.js'
import { interfaceName } from './interface.js'
import { isMatchName, isTargetName } from './known.js'
import { findMatch } from './match/registry.js'
import type { Letter } from './option.js'
import { VERSION, versionLine } from './program.js'
import type { Request } from './request.js'
import { findTarget } from './target/registry.js'
import { protocolNumber, wholeNumber } from './value.js'

interface Given {
  readonly line: CommandLine
  readonly scanner: OptionScanner
  /** '' where there is none. */
  readonly argument: string
  /** Whether there is one, be it empty. */
  readonly hasArgument: boolean
  readonly invert: boolean
}

/** A request ends the line at once. */
type Effect = (given: Given) => Request | undefined

/** XT_EXTENSION_MAXNAMELEN less the closing zero. */
const NAME_MAX = 28
const INT_MAX = 0x7fffffff
const INTERVAL_MAX = 999_999
/** Extension headers of IPv6, which no packet has as its protocol: routing, fragment, AH, destination options. */
const EXTENSION_HEADERS: readonly number[] = [43, 44, 51, 60]

const effect =
  (act: (given: Given) => void): Effect =>
  (given) => {
    act(given)
    return undefined
  }

export const LETTERS: Readonly<Record<Letter, Effect>> = {
  A: effect(({ line, argument, invert }) => line.addCommand('A', invert, argument)),
  C: effect(({ line, argument, invert }) => line.addCommand('C', invert, argument)),
  D: effect(remove),
  I: effect(insert),
  R: effect(replace),
  L: effect((given) => list(given, 'L')),
  S: effect((given) => list(given, 'S')),
  F: effect((given) => onAnyChain(given, 'F')),
  X: effect((given) => onAnyChain(given, 'X')),
  Z: effect((given) => {
    onAnyChain(given, 'Z')
    if (hasNext(given)) given.line.numbered('Z', ruleNumber(given.scanner.takeWord()!))
  }),
  N: effect(({ line, argument, invert }) => {
    checkChainName(argument, line.rule.family)
    line.addCommand('N', invert, argument)
  }),
  E: effect((given) => {
    given.line.addCommand('E', given.invert, given.argument)
    if (!hasNext(given)) throw misuse('-E requires old-chain-name and new-chain-name')
    given.line.newName = given.scanner.takeWord()!
  }),
  P: effect((given) => {
    given.line.addCommand('P', given.invert, given.argument)
    if (!hasNext(given)) throw misuse('-P requires a chain and a policy')
    given.line.policy = given.scanner.takeWord()!
  }),
  p: effect(protocol),
  s: effect(({ line, argument, invert }) => {
    line.addOption('s', invert)
    line.source = { invert, value: argument }
  }),
  d: effect(({ line, argument, invert }) => {
    line.addOption('d', invert)
    line.destination = { invert, value: argument }
  }),
  i: effect(({ line, argument, invert }) => {
    line.addOption('i', invert)
    line.inInterface = interfaceName(argument, invert)
  }),
  o: effect(({ line, argument, invert }) => {
    line.addOption('o', invert)
    line.outInterface = interfaceName(argument, invert)
  }),
  f: effect(({ line, invert }) => {
    if (line.rule.family === 6) throw misuse("`-f' is not supported in IPv6, use -m frag instead")
    line.addOption('f', invert)
    line.fragment = { invert }
  }),
  j: effect(jump),
  g: effect(({ line, argument, invert }) => {
    line.addOption('j', invert)
    line.jump = { chain: checkedTarget(argument), goto: true }
  }),
  m: effect(match),
  c: effect(counters),
  n: effect(flag('n')),
  x: effect(flag('x')),
  0: effect(flag('0')),
  v: effect(({ line, invert }) => {
    if (!line.options.has('v')) line.addOption('v', invert)
  }),
  t: effect(({ line, argument, invert }) => {
    if (invert) throw misuse('unexpected ! flag before --table')
    if (line.origin.restore) throw misuse(`The -t option cannot be used in ${line.origin.program.name}.\n`)
    line.table = argument
  }),
  w: effect(wait),
  W: effect(waitInterval),
  M: effect(() => undefined),
  h: help,
  V: ({ line, invert }) => ({
    kind: 'text',
    text: invert ? `Not ${VERSION} ;-)\n` : versionLine(line.origin.program),
  }),
  4: (given) => onlyFor(given, 4),
  6: (given) => onlyFor(given, 6),
}

function flag(letter: 'n' | 'x' | '0') {
  return ({ line, invert }: Given): void => line.addOption(letter, invert)
}

/** Whether the next word could be an argument. */
function hasNext({ scanner }: Given): boolean {
  const next = scanner.peekWord()
  return next !== null && next[0] !== '-' && next[0] !== '!'
}

function ruleNumber(text: string): number {
  const number = wholeNumber(text, 1, INT_MAX)
  if (number === null) throw misuse(`Invalid rule number \`${text}'`)
  return number
}

function remove(given: Given): void {
  given.line.addCommand('D', given.invert, given.argument)
  if (hasNext(given)) given.line.numbered('D', ruleNumber(given.scanner.takeWord()!))
}

function insert(given: Given): void {
  given.line.addCommand('I', given.invert, given.argument)
  given.line.position = hasNext(given) ? ruleNumber(given.scanner.takeWord()!) : 1
}

function replace(given: Given): void {
  given.line.addCommand('R', given.invert, given.argument)
  if (!hasNext(given)) throw misuse('-R requires a rule number')
  given.line.position = ruleNumber(given.scanner.takeWord()!)
}

function onAnyChain(given: Given, command: 'F' | 'X' | 'Z' | 'L' | 'S'): void {
  const chain = given.hasArgument ? given.argument : hasNext(given) ? given.scanner.takeWord() : null
  given.line.addCommand(command, given.invert, chain)
}

function list(given: Given, command: 'L' | 'S'): void {
  onAnyChain(given, command)
  if (hasNext(given)) given.line.position = ruleNumber(given.scanner.takeWord()!)
}

/** Throws Complaint. */
export function checkChainName(name: string, family: Family): void {
  if (name.length > NAME_MAX) throw misuse(`chain name \`${name}' too long (must be under ${NAME_MAX + 1} chars)`)
  if (name[0] === '-' || name[0] === '!') throw misuse(`chain name not allowed to start with \`${name[0]}'`)
  if (name === '' || isTargetName(name, family)) throw misuse('chain name may not clash with target name')
  if (/\s/.test(name)) throw misuse(`Invalid chain name \`${name}'`)
}

function protocol({ line, argument, invert }: Given): void {
  line.addOption('p', invert)
  const name = argument.toLowerCase()
  line.protocolName = name
  line.rule.protocol = { invert, value: protocolNumber(name, line.lookup) }
  const { value } = line.rule.protocol
  if (value === 0 && invert) throw misuse('rule would never match protocol')
  if (line.rule.family === 6 && !invert && EXTENSION_HEADERS.includes(value))
    line.origin.warn(`Warning: never matched protocol: ${name}. use extension match instead.\n`)
}

function checkedTarget(name: string): string {
  if (name === '') throw misuse('Invalid target name (too short)')
  if (name.length > NAME_MAX) throw misuse(`Invalid target name \`${name}' (${NAME_MAX} chars max)`)
  if (/\s/.test(name)) throw misuse(`Invalid target name \`${name}'`)
  return name
}

function jump({ line, argument, invert }: Given): void {
  line.addOption('j', invert)
  const name = checkedTarget(argument)
  const target = findTarget(name)
  if (target) line.extensions.setTarget(target)
  else if (isTargetName(name, line.rule.family)) throw unsupported(`target ${name}`)
  else line.jump = { chain: name, goto: false }
}

function match({ line, argument, invert }: Given): void {
  if (invert) throw misuse('unexpected ! flag before --match')
  if (argument.length > NAME_MAX) throw misuse(`Invalid match name "${argument}" (${NAME_MAX} chars max)`)
  const extension = findMatch(argument, line.rule.family)
  if (extension) line.extensions.addMatch(extension)
  else if (isMatchName(argument, line.rule.family)) throw unsupported(`match ${argument}`)
  else throw misuse(`Couldn't load match \`${argument}':No such file or directory\n`)
}

/** `-c 5 6` or `-c 5,6`. */
function counters(given: Given): void {
  const { line, argument, invert, scanner } = given
  line.addOption('c', invert)
  const comma = argument.indexOf(',')
  const bytes = comma > 0 ? argument.slice(comma + 1) : hasNext(given) ? scanner.takeWord() : null
  if (bytes === null) throw misuse('-c requires packet and byte counter')
  const packets = comma > 0 ? argument.slice(0, comma) : argument
  line.counters = { packets: counter(packets, 'packet'), bytes: counter(bytes, 'byte') }
}

function counter(text: string, what: string): number {
  if (!/^\d+$/.test(text)) throw misuse(`-c ${what} counter not numeric`)
  if (!Number.isSafeInteger(Number(text))) throw misuse(`-c ${what} counter too large`)
  return Number(text)
}

/** There is no lock to wait for: the director takes one command after the other. */
function wait(given: Given): void {
  notInRestore(given, 'w')
  const seconds = given.hasArgument ? given.argument : hasNext(given) ? given.scanner.takeWord()! : '0'
  if (!/^\s*[+-]?\d/.test(seconds)) throw misuse('wait seconds not numeric')
  given.line.waits = true
}

function waitInterval(given: Given): void {
  notInRestore(given, 'W')
  const interval = given.hasArgument ? given.argument : hasNext(given) ? given.scanner.takeWord()! : null
  if (interval === null) throw misuse('wait interval value required')
  if (!/^\s*\+?\d/.test(interval)) throw misuse('wait interval not numeric')
  const microseconds = Number.parseInt(interval, 10)
  if (microseconds > INTERVAL_MAX) throw misuse(`too long usec wait ${microseconds} > ${INTERVAL_MAX} usec`)
  given.line.origin.warn('Ignoring deprecated --wait-interval option.\n')
  given.line.waitsInIntervals = true
}

function notInRestore({ line }: Given, letter: 'w' | 'W'): void {
  if (line.origin.restore) throw misuse(`You cannot use \`-${letter}' from iptables-restore`)
}

/** `-p tcp -h` shows the protocol's match too. */
function help({ line }: Given): Request {
  const { extensions, protocolName, origin } = line
  const implied = extensions.hasMatches || protocolName === null ? null : findMatch(protocolName, line.rule.family)
  if (implied) extensions.addMatch(implied)
  return { kind: 'text', text: helpText(origin.program, extensions.extensions()) }
}

/** -4 and -6: in a restore, lines for the other family are passed over. */
function onlyFor({ line }: Given, family: 4 | 6): Request | undefined {
  if (line.rule.family === family) return undefined
  if (line.origin.restore) return { kind: 'nothing' }
  throw new Complaint('plainMisuse', '')
}
