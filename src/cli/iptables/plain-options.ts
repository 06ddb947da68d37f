/** Options of iptables-save and iptables-restore: plain getopt_long, with glibc's own complaints. */
import { getoptLong, OptionScanner, type OptionSpec, type Token } from '../option/scanner.js'
import { Complaint } from './complaint.js'
import type { Program } from './program.js'

export const plainOption = (long: string, short: string, argument: OptionSpec['argument'] = 'none'): OptionSpec => ({
  long,
  short,
  argument,
})

export interface Plain<S extends OptionSpec> {
  options: { spec: S; argument: string | null }[]
  /** What is no option. */
  words: string[]
}

/** `hint` follows a complaint. Throws Complaint. */
export function readPlain<S extends OptionSpec>(
  argv: readonly string[],
  specs: readonly S[],
  program: Program,
  hint: string,
): Plain<S> {
  const scanner = new OptionScanner(argv, getoptLong)
  const plain: Plain<S> = { options: [], words: [] }
  for (let token = scanner.next(specs); token; token = scanner.next(specs)) {
    if (token.kind === 'word') plain.words.push(token.text)
    else if (token.kind !== 'option') throw new Complaint('plain', `${program.name}: ${complaint(token)}\n${hint}`)
    else {
      const next = scanner.peekWord()
      // -w and -W take the next word, whatever getopt says of them (xtables-restore.c).
      const isWaiting = token.spec.argument === 'optional' && token.argument === null
      if (isWaiting && next !== null && next[0] !== '-' && next[0] !== '!') scanner.takeWord()
      plain.options.push({ spec: token.spec, argument: token.argument })
    }
  }
  return plain
}

function complaint(token: Exclude<Token<OptionSpec>, { kind: 'option' | 'word' }>): string {
  const isLong = token.name.startsWith('--')
  switch (token.kind) {
    case 'unknown':
      return isLong ? `unrecognized option '${token.name}'` : `invalid option -- '${token.name[1]}'`
    case 'missing':
      return isLong
        ? `option '${token.name}' requires an argument`
        : `option requires an argument -- '${token.name[1]}'`
    case 'surplus':
      return `option '--${token.spec.long}' doesn't allow an argument`
    case 'ambiguous':
      return `option '${token.written}' is ambiguous; possibilities: ${token.candidates.map(({ long }) => `'--${long}'`).join(' ')}`
  }
}
