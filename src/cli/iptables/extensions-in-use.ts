/**
 * The matches and the target of one rule while it is read, and the options that are known by now: the tool's own
 * first, then those of the extension loaded last.
 */
import type { Match, Target } from '../../model/netfilter.js'
import type { OptionSpec } from '../option/scanner.js'
import { unsupported } from './complaint.js'
import type {
  ExtensionOption,
  ExtensionReader,
  MatchExtension,
  OptionUse,
  RuleSoFar,
  TargetExtension,
} from './extension.js'
import { BASE_OPTIONS, type BaseOption } from './option.js'

interface InUse<E, T> {
  readonly extension: E
  readonly reader: ExtensionReader<T>
}

interface ExtensionEntry extends OptionSpec {
  readonly option: ExtensionOption
  /** Whose option it is: the last use of that extension takes it. */
  readonly extension: MatchExtension | TargetExtension
}

export type Entry = BaseOption | ExtensionEntry

export class ExtensionsInUse {
  readonly #rule: RuleSoFar
  readonly #matches: InUse<MatchExtension, Match>[] = []
  #target: InUse<TargetExtension, Target> | null = null
  #entries: Entry[] = [...BASE_OPTIONS]

  constructor(rule: RuleSoFar) {
    this.#rule = rule
  }

  get entries(): readonly Entry[] {
    return this.#entries
  }

  addMatch(extension: MatchExtension): void {
    if (!this.hasMatch(extension.name)) this.#addOptions(extension)
    this.#matches.push({ extension, reader: extension.reader(this.#rule) })
  }

  get hasMatches(): boolean {
    return this.#matches.length > 0
  }

  hasMatch(name: string): boolean {
    return this.#matches.some(({ extension }) => extension.name === name)
  }

  setTarget(extension: TargetExtension): void {
    this.#addOptions(extension)
    this.#target = { extension, reader: extension.reader(this.#rule) }
  }

  /** '' where there is none. */
  get targetName(): string {
    return this.#target?.extension.name ?? ''
  }

  take({ option, extension }: ExtensionEntry, use: Omit<OptionUse, 'option'>): void {
    const [name] = option.names
    if (option.unsupported) throw unsupported(`${extension.name}: option "--${name}"`)
    const target = this.#target?.extension === extension ? this.#target : null
    const taker = target ?? this.#matches.findLast((match) => match.extension === extension)
    taker!.reader.take({ ...use, option: name })
  }

  /** What has been asked for, the target first: whose help `-h` adds. */
  extensions(): (MatchExtension | TargetExtension)[] {
    const matches = this.#matches.map(({ extension }) => extension)
    return this.#target ? [this.#target.extension, ...matches] : matches
  }

  /** Matches are checked before the target. */
  finish(): { matches: Match[]; target: Target } {
    const matches = this.#matches.map(({ reader }) => reader.finish())
    return { matches, target: this.#target ? this.#target.reader.finish() : { kind: 'NONE' } }
  }

  #addOptions(extension: MatchExtension | TargetExtension): void {
    const added = extension.options.flatMap((option) =>
      option.names.map((long) => ({ long, short: '', argument: option.argument, option, extension })),
    )
    this.#entries = [...BASE_OPTIONS, ...added, ...this.#entries.slice(BASE_OPTIONS.length)]
  }
}
