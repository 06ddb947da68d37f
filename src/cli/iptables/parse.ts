/**
 * Words of a command line to a request: iptables' grammar (iptables 1.8.9, xshared.c, do_parse).
 *
 * getopt_long with a table of options that grows at every -m and -j, `!` before what it negates, and the match of the
 * protocol loaded when one of its options is met. Errors come in the real tool's order.
 */
import { getoptLong, OptionScanner, type Token } from '../option/scanner.js'
import { CommandLine, type Origin } from './command-line.js'
import { Complaint, misuse, unsupported } from './complaint.js'
import type { Entry } from './extensions-in-use.js'
import { isMatchName } from './known.js'
import { LETTERS } from './letters.js'
import type { Lookup } from './lookup.js'
import { findMatch } from './match/registry.js'
import type { Request } from './request.js'
import { requestOf } from './request-of.js'
import { builtinProtocolName, wholeNumber } from './value.js'

type Option = Extract<Token<Entry>, { kind: 'option' }>
type Other = Exclude<Token<Entry>, { kind: 'word' }>

/** Throws Complaint. */
export function parse(words: readonly string[], origin: Origin, lookup: Lookup): Request {
  const line = new CommandLine(origin, lookup)
  const scanner = new OptionScanner(words, getoptLong)
  for (;;) {
    const token = scanner.next(line.extensions.entries)
    if (!token) return requestOf(line)
    if (token.kind === 'word') word(line, token.text)
    else {
      const request = take(line, scanner, known(line, scanner, token))
      if (request) return request
    }
  }
}

function word(line: CommandLine, text: string): void {
  if (text !== '!') throw new Complaint('plainMisuse', `Bad argument \`${text}'\n`)
  line.negate()
}

function take(line: CommandLine, scanner: OptionScanner, { spec, argument }: Option): Request | undefined {
  const invert = line.takeNegation()
  if ('letter' in spec)
    return LETTERS[spec.letter]({ line, scanner, argument: argument ?? '', hasArgument: argument !== null, invert })
  const second = spec.option.second ? secondWord(scanner, spec.long) : ''
  line.extensions.take(spec, { argument: argument ?? '', second, invert })
  return undefined
}

function secondWord(scanner: OptionScanner, option: string): string {
  const next = scanner.peekWord()
  if (next === null || next[0] === '-' || next[0] === '!')
    throw misuse(`--${option} requires two args${option === 'tcp-flags' ? '.' : ''}`)
  return scanner.takeWord()!
}

/** An option that nobody knows may be one of the protocol's match: it is loaded, once, and the option read again. */
function known(line: CommandLine, scanner: OptionScanner, token: Other): Option {
  if (token.kind === 'option') return token
  if (token.kind === 'missing') throw incomplete(token.written)
  const again = loadProtocol(line) ? new OptionScanner([token.written], getoptLong).next(line.extensions.entries) : null
  if (again?.kind === 'option') return again
  if (again?.kind !== 'missing') throw misuse(`unknown option "${token.written}"`)
  const argument = scanner.takeWord()
  if (argument === null) throw incomplete(token.written)
  return { ...again, kind: 'option', argument }
}

const incomplete = (written: string): Complaint => misuse(`option "${written}" requires an argument`)

/** Whether the match of the rule's protocol was not there and is now. */
function loadProtocol({ extensions, protocolName, rule, lookup }: CommandLine): boolean {
  if (protocolName === null) return false
  const number = wholeNumber(protocolName, 0, 0xff)
  const name = number === null ? protocolName : (builtinProtocolName(number) ?? lookup.protocols.name(number))
  const extension = name === null ? null : findMatch(name, rule.family)
  if (name === null || extensions.hasMatch(extension?.name ?? name)) return false
  if (extension) extensions.addMatch(extension)
  else if (isMatchName(name, rule.family)) throw unsupported(`match ${name}`)
  return extension !== null
}
