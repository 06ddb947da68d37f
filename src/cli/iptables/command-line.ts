/** What has been read of one command line. */
import type { Counters } from '../../commands/command.js'
import type { Negatable } from '../../model/netfilter.js'
import { misuse } from './complaint.js'
import type { RuleSoFar } from './extension.js'
import { ExtensionsInUse } from './extensions-in-use.js'
import { type Command, checkCommand } from './legal.js'
import type { Lookup } from './lookup.js'
import type { Program } from './program.js'

/** Where a line comes from; `warn` gets complete lines for standard error. */
export interface Origin {
  readonly program: Program
  /** The table where the line names none. */
  readonly table: string
  /** A line of iptables-restore, which may not name a table itself. */
  readonly restore: boolean
  readonly warn: (text: string) => void
}

/** Options whose condition `!` can turn round. */
const INVERTIBLE = 'sdpiof'

export class CommandLine {
  readonly origin: Origin
  readonly lookup: Lookup
  readonly rule: RuleSoFar & { protocol: Negatable<number> }
  readonly extensions: ExtensionsInUse
  readonly commands = new Set<Command>()
  /** Letters of the options given. */
  readonly options = new Set<string>()
  table: string
  chain: string | null = null
  /** A rule's number, 0 where none was given. */
  position = 0
  newName = ''
  policy = ''
  /** -p as it was written, in lower case. */
  protocolName: string | null = null
  /** -s and -d, looked up at the end. */
  source: Negatable<string> | null = null
  destination: Negatable<string> | null = null
  inInterface: Negatable<string> | null = null
  outInterface: Negatable<string> | null = null
  fragment: { invert: boolean } | null = null
  /** Where -j or -g leads if that is no target of the tool's. */
  jump: { chain: string; goto: boolean } | null = null
  counters: Counters = { packets: 0, bytes: 0 }
  waits = false
  waitsInIntervals = false
  #negated = false

  constructor(origin: Origin, lookup: Lookup) {
    this.origin = origin
    this.lookup = lookup
    this.table = origin.table
    this.rule = { family: origin.program.family, lookup, protocol: { invert: false, value: 0 } }
    this.extensions = new ExtensionsInUse(this.rule)
  }

  /** A `!` by itself. */
  negate(): void {
    if (this.#negated) throw misuse('multiple consecutive ! not allowed')
    this.#negated = true
  }

  get isNegated(): boolean {
    return this.#negated
  }

  /** Whether the option at hand is negated; the next one is not. */
  takeNegation(): boolean {
    const negated = this.#negated
    this.#negated = false
    return negated
  }

  addCommand(command: Command, invert: boolean, chain: string | null): void {
    if (invert) throw misuse("unexpected '!' flag")
    checkCommand(this.commands, command)
    this.commands.add(command)
    if (chain !== null) this.chain = chain
  }

  /** The command given last turned out to be about one rule. */
  numbered(command: 'D' | 'Z', position: number): void {
    this.commands.delete(command)
    this.commands.add(`${command}#`)
    this.position = position
  }

  addOption(letter: string, invert: boolean): void {
    if (this.options.has(letter)) throw misuse(`multiple -${letter} flags not allowed`)
    if (invert && !INVERTIBLE.includes(letter)) throw misuse(`cannot have ! before -${letter}`)
    this.options.add(letter)
  }
}
