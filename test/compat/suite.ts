/**
 * Command files and what the real programs answered to each line, played in this process: the oracle's recordings, and
 * ours in commands/ (recorded by oracle/real-lvs with oracle/prelude.sh).
 */
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { readRecording } from './recording.js'
import type { Shell } from './shell.js'

/** The compiled file lies in dist/test/compat. */
const checkout = resolve(import.meta.dirname, '../../..')
/** CONFORMANCE_ORACLE, or shared/oracle beside the checkout. */
const oracle = join(process.env.CONFORMANCE_ORACLE ?? resolve(checkout, '../shared/oracle'), 'commands')
const ours = join(checkout, 'test/compat/commands')

export const oracleIsHere = existsSync(oracle)

/** Title in docs/differences.md -> line -> what fullnat answers, or what it makes of the real answer. */
export type Differences = Readonly<Record<string, Readonly<Record<string, string | ((real: string) => string)>>>>

export interface Suite {
  /** Which lines of a command file are about it. */
  program: RegExp
  /** Names of command files. */
  oracle: readonly string[]
  ours: readonly string[]
  shell: () => Shell
  /** An answer without what no two runs have in common. */
  comparable: (answer: string) => string
  differences: Differences
}

export interface CommandCase {
  line: string
  real: string
  answered: string
  /** What it should answer. */
  expected: string
  /** Title of the difference that was met; '' when both answer the same. */
  reason: string
}

/** Plays one command file; `whose` says where it lies. */
export async function play(suite: Suite, whose: 'oracle' | 'ours', name: string): Promise<CommandCase[]> {
  const shell = suite.shell()
  const known = new Map(
    Object.entries(suite.differences).flatMap(([reason, lines]) =>
      Object.entries(lines).map(([line, answer]) => [line, { reason, answer }] as const),
    ),
  )
  const cases: CommandCase[] = []
  for (const { line, answer } of readRecording(whose === 'oracle' ? oracle : ours, name)) {
    if (!suite.program.test(line)) continue
    const real = suite.comparable(answer)
    const answered = suite.comparable(await shell.play(line))
    const difference = answered === real ? undefined : known.get(line)
    const otherwise = difference?.answer ?? real
    const expected = typeof otherwise === 'string' ? otherwise : otherwise(real)
    cases.push({ line, real, answered, expected, reason: difference?.reason ?? '' })
  }
  return cases
}
