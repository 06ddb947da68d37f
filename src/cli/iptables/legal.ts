/** Which commands and options go together (iptables 1.8.9, xshared.c, commands_v_options). */
import { misuse } from './complaint.js'

/** Commands in the order of their bits; a `#` is a command that got a rule's number. */
export const COMMANDS = ['I', 'D', 'D#', 'R', 'A', 'L', 'F', 'Z', 'N', 'X', 'P', 'E', 'S', 'Z#', 'C'] as const
export type Command = (typeof COMMANDS)[number]

/** Options in the order they are checked; `0` is --line-numbers. */
const OPTIONS = 'nsdpjvxio0cf'

const RULE = 'sdpjviof'
const LEGAL: Readonly<Record<Command, string>> = {
  I: `${RULE}c`,
  D: RULE,
  'D#': 'v',
  R: `${RULE}c`,
  A: `${RULE}c`,
  L: 'nvx0',
  F: 'v',
  Z: 'v',
  N: 'v',
  X: 'v',
  P: 'vc',
  E: 'v',
  S: 'v',
  'Z#': 'v',
  C: RULE,
}

/** Commands that may be given with others. */
const BESIDE: Partial<Record<Command, readonly Command[]>> = { L: ['Z', 'Z#'], S: ['Z', 'Z#'], Z: ['L', 'S'] }

/** Throws if `command` cannot be added to those given before. */
export function checkCommand(given: ReadonlySet<Command>, command: Command): void {
  const others = COMMANDS.filter((one) => given.has(one) && !BESIDE[command]?.includes(one))
  const last = others.at(-1)
  if (last) throw misuse(`Cannot use -${command[0]} with -${last[0]}`)
}

/** An option is legal if one of the commands takes it. */
export function checkOptions(commands: ReadonlySet<Command>, options: ReadonlySet<string>): void {
  for (const option of OPTIONS)
    if (options.has(option) && ![...commands].some((command) => LEGAL[command].includes(option)))
      throw misuse(`Illegal option \`-${option}' with this command`)
}
