/**
 * The configuration file of a director: applied at its start, and again when it is told to or the file changes.
 *
 * A file that is wrong changes nothing: it is said in full in the log, and in the status until one is right.
 */
import { readFileSync, watch } from 'node:fs'
import { basename, dirname } from 'node:path'
import { readRuleLine } from '../cli/iptables/config-line.js'
import { problemText } from '../config/problem.js'
import { readConfig } from '../config/read.js'
import { Failure } from '../failure/failure.js'
import type { Log } from '../log/log.js'
import type { Desired } from '../model/desired.js'
import type { RunningDirector } from './director.js'

/** Editors write a file in several steps. */
const QUIET_MS = 300

export class ConfigFile {
  readonly #path: string
  readonly #director: RunningDirector
  readonly #log: Log
  /** What was applied last. */
  #text = ''
  #timer: NodeJS.Timeout | null = null

  constructor(path: string, director: RunningDirector, log: Log) {
    this.#path = path
    this.#director = director
    this.#log = log
  }

  /** Throws Failure of what is wrong. */
  async begin(): Promise<void> {
    const text = this.#read()
    await this.#apply(this.#desired(text), 'start')
    this.#text = text
  }

  /** Never throws. */
  async again(why: string): Promise<void> {
    try {
      const text = this.#read()
      await this.#apply(this.#desired(text), why)
      this.#text = text
      this.#director.setNotice('')
    } catch (error) {
      const message = (error as Error).message
      this.#log.error(`${why}: the configuration was not applied: ${message}`)
      this.#director.setNotice(`${this.#path} is not applied: ${message.split('\n')[0]}`)
    }
  }

  /** Its folder, for a file may be replaced by another one of its name. */
  watch(): void {
    const name = basename(this.#path)
    watch(dirname(this.#path), { persistent: false }, (_kind, changed) => {
      if (changed !== null && changed !== name) return
      if (this.#timer) clearTimeout(this.#timer)
      this.#timer = setTimeout(() => void this.#look(), QUIET_MS)
    })
  }

  async #look(): Promise<void> {
    try {
      if (this.#read() === this.#text) return
    } catch {
      // said by `again`
    }
    await this.again('the file changed')
  }

  #read(): string {
    try {
      return readFileSync(this.#path, 'utf8')
    } catch (error) {
      throw new Failure('bad-request', `cannot read ${this.#path}: ${(error as Error).message}`)
    }
  }

  #desired(text: string): Desired {
    const { desired, problems } = readConfig(text, readRuleLine)
    if (desired) return desired
    throw new Failure('bad-request', problems.map((problem) => problemText(this.#path, problem)).join('\n'))
  }

  async #apply(desired: Desired, why: string): Promise<void> {
    const by = `${this.#path} (${why})`
    const [result] = await this.#director.commands([{ kind: 'config.apply', desired }], { by, ifRevision: null })
    if (!result.ok) throw new Failure(result.failure.code, result.failure.message, result.failure.facts)
  }
}
