/** The options of every rule and command (iptables 1.8.9, xtables.c, original_opts), in the order they are searched. */
import type { OptionSpec } from '../option/scanner.js'

export type Letter =
  | 'A'
  | 'D'
  | 'C'
  | 'I'
  | 'R'
  | 'L'
  | 'S'
  | 'F'
  | 'Z'
  | 'N'
  | 'X'
  | 'E'
  | 'P'
  | 's'
  | 'd'
  | 'p'
  | 'i'
  | 'o'
  | 'f'
  | 'j'
  | 'g'
  | 'm'
  | 't'
  | 'c'
  | 'n'
  | 'v'
  | 'x'
  | '0'
  | 'w'
  | 'W'
  | 'M'
  | 'V'
  | 'h'
  | '4'
  | '6'

export interface BaseOption extends OptionSpec {
  readonly letter: Letter
}

const option = (long: string, letter: Letter, argument: OptionSpec['argument']): BaseOption => ({
  long,
  short: long === 'line-numbers' ? '' : letter,
  argument,
  letter,
})

export const BASE_OPTIONS: readonly BaseOption[] = [
  option('append', 'A', 'required'),
  option('delete', 'D', 'required'),
  option('check', 'C', 'required'),
  option('insert', 'I', 'required'),
  option('replace', 'R', 'required'),
  option('list', 'L', 'optional'),
  option('list-rules', 'S', 'optional'),
  option('flush', 'F', 'optional'),
  option('zero', 'Z', 'optional'),
  option('new-chain', 'N', 'required'),
  option('delete-chain', 'X', 'optional'),
  option('rename-chain', 'E', 'required'),
  option('policy', 'P', 'required'),
  option('source', 's', 'required'),
  option('destination', 'd', 'required'),
  option('src', 's', 'required'),
  option('dst', 'd', 'required'),
  option('protocol', 'p', 'required'),
  option('in-interface', 'i', 'required'),
  option('jump', 'j', 'required'),
  option('table', 't', 'required'),
  option('match', 'm', 'required'),
  option('numeric', 'n', 'none'),
  option('out-interface', 'o', 'required'),
  option('verbose', 'v', 'none'),
  option('wait', 'w', 'optional'),
  option('wait-interval', 'W', 'optional'),
  option('exact', 'x', 'none'),
  option('fragments', 'f', 'none'),
  option('version', 'V', 'none'),
  option('help', 'h', 'optional'),
  option('line-numbers', '0', 'none'),
  option('modprobe', 'M', 'required'),
  option('set-counters', 'c', 'required'),
  option('goto', 'g', 'required'),
  option('ipv4', '4', 'none'),
  option('ipv6', '6', 'none'),
]
