/**
 * The words of a command line, one option at a time, in the order they stand.
 *
 * popt (ipvsadm) and getopt_long (iptables) read words alike: clusters (`-Lnc`), attached values (`-p300`,
 * `--port=80`), `--` ends the options. Where they differ stands in a Dialect. The table of options is handed in
 * with every step, since iptables' grows with each `-m` and `-j`. The scanner knows no command, prints nothing,
 * never fails: what it cannot read is a Token that says so.
 */
export interface OptionSpec {
  /** Long name without dashes, '' for none. */
  long: string
  /** One letter, '' for none. */
  short: string
  argument: 'none' | 'required' | 'optional'
}

export interface Dialect {
  /** A unique beginning of a long name stands for it. */
  abbreviations: boolean
  /** An optional argument may be the next word, if that does not begin with '-'. */
  optionalNextWord: boolean
  /** `-s=rr` means `rr`, not `=rr`. */
  shortEquals: boolean
}

/** popt 1.19, as ipvsadm uses it. */
export const popt: Dialect = { abbreviations: false, optionalNextWord: true, shortEquals: true }
/** glibc's getopt_long with an in-order ('-') option string, as iptables uses it. */
export const getoptLong: Dialect = { abbreviations: true, optionalNextWord: false, shortEquals: false }

/** `written` is the whole word as typed; `name` the option in it: `-t` of `-At`, `--port` of `--port=80`. */
export type Token<S extends OptionSpec> =
  | { kind: 'option'; spec: S; argument: string | null; name: string; written: string }
  /** Anything that is no option: a bare word, `!`, `-`, and all that follows `--`. */
  | { kind: 'word'; text: string }
  | { kind: 'unknown'; name: string; written: string }
  | { kind: 'missing'; spec: S; name: string; written: string }
  /** A value given to an option that takes none: `--numeric=1`, and popt's `-n=1`. */
  | { kind: 'surplus'; spec: S; name: string; written: string }
  | { kind: 'ambiguous'; candidates: S[]; name: string; written: string }

export class OptionScanner {
  #words: readonly string[]
  #dialect: Dialect
  #at = 0
  /** Offset of the next letter inside a cluster, 0 outside of one. */
  #letter = 0
  #optionsEnded = false

  constructor(words: readonly string[], dialect: Dialect) {
    this.#words = words
    this.#dialect = dialect
  }

  /** The next option or word; null at the end. */
  next<S extends OptionSpec>(options: readonly S[]): Token<S> | null {
    if (this.#letter > 0) return this.#fromCluster(options)
    const word = this.takeWord()
    if (word === null) return null
    if (this.#optionsEnded || word.length < 2 || word[0] !== '-') return { kind: 'word', text: word }
    if (word === '--') {
      this.#optionsEnded = true
      return this.next(options)
    }
    if (word.startsWith('--')) return this.#long(word, options)
    this.#at--
    this.#letter = 1
    return this.#fromCluster(options)
  }

  /** The word read last: what popt names in its complaints, an option's argument where that is a word of its own. */
  get lastWord(): string {
    return this.#words[this.#letter > 0 ? this.#at : this.#at - 1] ?? ''
  }

  /** The next whole word without taking it; null at the end or inside a cluster. */
  peekWord(): string | null {
    return this.#letter > 0 ? null : (this.#words[this.#at] ?? null)
  }

  /** The next whole word, whatever it looks like; null at the end or inside a cluster. */
  takeWord(): string | null {
    const word = this.peekWord()
    if (word !== null) this.#at++
    return word
  }

  #long<S extends OptionSpec>(written: string, options: readonly S[]): Token<S> {
    const equals = written.indexOf('=')
    const name = equals < 0 ? written : written.slice(0, equals)
    const found = this.#byLongName(name.slice(2), options)
    if (found.length === 0) return { kind: 'unknown', name, written }
    if (found.length > 1) return { kind: 'ambiguous', candidates: found, name, written }
    return this.#withArgument(found[0], name, written, equals < 0 ? null : written.slice(equals + 1))
  }

  #byLongName<S extends OptionSpec>(name: string, options: readonly S[]): S[] {
    const exact = options.find((option) => option.long === name && name !== '')
    if (exact) return [exact]
    return this.#dialect.abbreviations ? options.filter((option) => option.long.startsWith(name)) : []
  }

  #fromCluster<S extends OptionSpec>(options: readonly S[]): Token<S> {
    const written = this.#words[this.#at]
    const letter = written[this.#letter]
    const name = `-${letter}`
    const spec = options.find((option) => option.short === letter)
    this.#letter++
    if (spec?.argument !== 'none') return this.#restOfCluster(spec, name, written)
    const surplus = this.#dialect.shortEquals && written[this.#letter] === '='
    if (surplus || this.#letter === written.length) this.#leaveCluster()
    return surplus ? { kind: 'surplus', spec, name, written } : { kind: 'option', spec, argument: null, name, written }
  }

  #restOfCluster<S extends OptionSpec>(spec: S | undefined, name: string, written: string): Token<S> {
    const rest = written.slice(this.#letter)
    this.#leaveCluster()
    if (!spec) return { kind: 'unknown', name, written }
    if (rest === '') return this.#withArgument(spec, name, written, null)
    const attached = this.#dialect.shortEquals && rest[0] === '=' ? rest.slice(1) : rest
    return { kind: 'option', spec, argument: attached, name, written }
  }

  #leaveCluster() {
    this.#letter = 0
    this.#at++
  }

  #withArgument<S extends OptionSpec>(spec: S, name: string, written: string, attached: string | null): Token<S> {
    if (spec.argument === 'none')
      return attached === null
        ? { kind: 'option', spec, argument: null, name, written }
        : { kind: 'surplus', spec, name, written }
    const argument = attached ?? this.#argumentWord(spec)
    if (argument === null && spec.argument === 'required') return { kind: 'missing', spec, name, written }
    return { kind: 'option', spec, argument, name, written }
  }

  #argumentWord(spec: OptionSpec): string | null {
    if (spec.argument === 'required') return this.takeWord()
    const next = this.peekWord()
    return this.#dialect.optionalNextWord && next !== null && !next.startsWith('-') ? this.takeWord() : null
  }
}
