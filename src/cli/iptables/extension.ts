/**
 * What a match or a target brings to the command line: options, their meaning, how a rule with it is shown.
 *
 * One file each, in match/ and target/, and one line in the registry there. Messages of the options are libxtables'
 * own (xtoptions.c), so that every extension complains alike.
 */
import type { Family } from '../../address/words.js'
import type { Match, Negatable, RuleSpec, Target } from '../../model/netfilter.js'
import { misuse } from './complaint.js'
import type { Lookup } from './lookup.js'

export interface ExtensionOption {
  /** Long names; messages use the first. */
  readonly names: readonly string[]
  readonly argument: 'none' | 'required'
  /** Another word must follow the argument. */
  readonly second?: true
  /** The real tool has it, fullnat has not. */
  readonly unsupported?: true
}

/** What of the rule has been read when an option is met. */
export interface RuleSoFar {
  readonly family: Family
  readonly protocol: Negatable<number>
  readonly lookup: Lookup
}

/** `option` is the first of its names; `argument` and `second` are '' where it takes none. */
export interface OptionUse {
  readonly option: string
  readonly argument: string
  readonly second: string
  readonly invert: boolean
}

/** Reads the options of one use of an extension in one rule. */
export interface ExtensionReader<T> {
  take(use: OptionUse): void
  /** All options are read. */
  finish(): T
}

interface Extension<T> {
  readonly name: string
  readonly options: readonly ExtensionOption[]
  /** What `-m NAME -h` or `-j NAME -h` adds to the help text. */
  readonly help: string
  reader(rule: RuleSoFar): ExtensionReader<T>
  /** As options: in `-S` and save files. '' for none. */
  save(value: T, family: Family): string
}

/** How `-L` names things: numbers where it was told to be numeric. */
export interface Printing {
  readonly numeric: boolean
  readonly family: Family
  port(number: number, protocol: string): string
  host(address: string): string
}

export interface MatchExtension<T extends Match = Match> extends Extension<T> {
  /** In the last column of `-L`. */
  print(match: T, printing: Printing, rule: RuleSpec): string
}

export interface TargetExtension<T extends Target = Target> extends Extension<T> {
  /** In the last column of `-L`. */
  print(target: T, printing: Printing): string
}

/** The checks of libxtables that any use of an option passes first. */
export class Usage {
  readonly #extension: string
  readonly #invertible: readonly string[]
  readonly #used = new Set<string>()

  constructor(extension: string, invertible: readonly string[]) {
    this.#extension = extension
    this.#invertible = invertible
  }

  check({ option, invert }: OptionUse): void {
    if (this.#used.has(option)) throw misuse(`${this.#extension}: option "--${option}" can only be used once.\n`)
    if (invert && !this.#invertible.includes(option))
      throw misuse(`${this.#extension}: option "--${option}" cannot be inverted.\n`)
    this.#used.add(option)
  }

  /** At most one of these; a complaint names them in this order. */
  exclude(options: readonly string[]): void {
    const [first, other] = options.filter((option) => this.#used.has(option))
    if (other) throw misuse(`${this.#extension}: option "--${first}" cannot be used together with "--${other}".\n`)
  }

  require(option: string): void {
    if (!this.#used.has(option)) throw misuse(`${this.#extension}: option "--${option}" must be specified\n`)
  }
}
