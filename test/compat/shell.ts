/**
 * Plays the command lines of recordings in this process: `;` and `|` between commands, quotes inside them. Programs
 * it is given run here, everything else (printf, head, grep) by bash.
 */
import { spawnSync } from 'node:child_process'

export interface Outcome {
  out: string
  err: string
  status: number
}

export type Program = (argv: string[], stdin: string) => Promise<Outcome>

export class Shell {
  readonly #programs: Readonly<Record<string, Program>>

  constructor(programs: Readonly<Record<string, Program>>) {
    this.#programs = programs
  }

  /** The answer as the transcript of a recording shows it. */
  async play(line: string): Promise<string> {
    let shown = ''
    let status = 0
    for (const pipeline of split(line, ';')) {
      let stdin = ''
      for (const stage of split(pipeline, '|')) {
        const outcome = await this.#run(stage, stdin)
        shown += outcome.err
        stdin = outcome.out
        status = outcome.status
      }
      shown += stdin
    }
    return status === 0 ? shown : `${shown}[exit ${status}]\n`
  }

  async #run(stage: string, stdin: string): Promise<Outcome> {
    const [name, ...argv] = words(stage)
    if (Object.hasOwn(this.#programs, name)) return this.#programs[name](argv, stdin)
    const { stdout, stderr, status } = spawnSync('bash', ['-c', stage], { input: stdin, encoding: 'utf8' })
    return { out: stdout, err: stderr, status: status ?? 1 }
  }
}

/** A quoted text or a run of anything else but white space and the separator. */
const split = (line: string, separator: ';' | '|'): string[] =>
  (line.match(new RegExp(`(?:'[^']*'|"[^"]*"|[^'"${separator}])+`, 'g')) ?? []).map((part) => part.trim())

const words = (stage: string): string[] =>
  (stage.match(/(?:'[^']*'|"[^"]*"|[^\s'"])+/g) ?? []).map((word) => word.replace(/'([^']*)'|"([^"]*)"/g, '$1$2'))
