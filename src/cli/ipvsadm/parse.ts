/**
 * A command line of ipvsadm read as ipvsadm 1.31 reads it: one Request, or the Refusal it would print.
 *
 * Pure: names are looked up in what it is given. Checks come in the real tool's order, which decides the message
 * where several are due: each option's value, stray words, scheduler flags, the matrix, then the values together.
 */
import type { Timeouts } from '../../model/state.js'
import { defaults } from '../../model/state.js'
import type { DaemonRole } from '../../model/sync.js'
import { OptionScanner, popt, type Token } from '../option/scanner.js'
import { parseFlags } from './flag.js'
import { Form } from './form.js'
import { type CommandOption, OPTIONS, type Option, setOption } from './option.js'
import { REFUSED, Refusal, tryHelp } from './refusal.js'
import type { Request } from './request.js'
import { requestOf } from './request-of.js'
import { checkCommand } from './rule.js'
import { type Lookup, timeout } from './value.js'

/** `words` without the program's name, at least one. */
export function parse(words: readonly string[], lookup: Lookup): Request {
  const scanner = new OptionScanner(words, popt)
  const stray: string[] = []
  const { command, role } = readCommand(scanner, stray)
  if (command === 'help' || command === 'version') return { kind: command }
  const form = new Form(command, lookup)
  if (role) form.role = role
  readOptions(scanner, form, stray)
  if (command === 'set') form.timeouts = readTimeouts(stray)
  if (stray.length > 0) throw new Refusal(`unexpected argument ${stray[0]}`)
  const flags = parseFlags(form.flags, form.scheduler || defaults.scheduler)
  checkCommand(command, form.given)
  return requestOf(form, flags)
}

/** The first option is the command; bare words before it wait for their complaint. */
function readCommand(
  scanner: OptionScanner,
  stray: string[],
): { command: CommandOption['command']; role: DaemonRole | null } {
  let token = scanner.next(OPTIONS)
  for (; token?.kind === 'word'; token = scanner.next(OPTIONS)) stray.push(token.text)
  if (token?.kind !== 'option' || !('command' in token.spec)) throw tryHelp()
  return { command: token.spec.command, role: roleOf(token.spec, token.argument) }
}

/** The word of --start-daemon and --stop-daemon; what they say differs in the real tool too. */
function roleOf({ command }: CommandOption, role: string | null): DaemonRole | null {
  if (role === null || role === 'master' || role === 'backup') return role
  throw new Refusal(`illegal ${command === 'start-daemon' ? 'start-daemon parameter' : 'start_daemon'} specified`)
}

function readOptions(scanner: OptionScanner, form: Form, stray: string[]): void {
  for (let token = scanner.next(OPTIONS); token; token = scanner.next(OPTIONS)) {
    if (token.kind === 'word') stray.push(token.text)
    else if (token.kind !== 'option') throw complaint(token)
    else if ('command' in token.spec) throw new Refusal(`invalid option \`${scanner.lastWord}'`)
    else setOption(token.spec, form, token.argument)
  }
}

const COMPLAINTS = {
  unknown: 'unknown option',
  ambiguous: 'unknown option',
  missing: 'missing argument',
  surplus: 'option does not take an argument',
} as const

function complaint(token: Exclude<Token<Option>, { kind: 'option' | 'word' }>): Refusal {
  return new Refusal(`${token.written}: ${COMPLAINTS[token.kind]}`, REFUSED, true)
}

/** The three values of --set are words; what is left of `stray` is too many. */
function readTimeouts(stray: string[]): Timeouts {
  if (stray.length < 3) throw new Refusal('--set option requires 3 timeout values')
  const [tcp, tcpFin, udp] = stray.splice(0, 3).map((text) => timeout(text, 0))
  return { tcp, tcpFin, udp }
}
