/** ipvsadm-save and ipvsadm-restore, as Debian's two shell scripts behave. */
import type { CliIo } from '../io.js'
import { type Names, systemNames } from '../name/names.js'
import { run } from './ipvsadm.js'
import { MISSING } from './refusal.js'

const SAVE_HELP =
  'ipvsadm-save: Script to save the IPVS table to stdout.\n' +
  '   With the -n option, prints out the table in numeric format.\n'

/** `ipvsadm-save [-n]`; words that are no options are passed over. */
export async function runSave(argv: readonly string[], io: CliIo, names: Names = systemNames): Promise<number> {
  const options = argv.filter((word) => word.startsWith('-'))
  if (options.some((word) => word !== '-n')) {
    io.err(SAVE_HELP)
    return MISSING
  }
  return run(options.length > 0 ? ['-S', '-n'] : ['-S'], io, names)
}

/** `ipvsadm-restore`: clears the table, then restores what standard input says, less its comments. */
export async function runRestore(_: readonly string[], io: CliIo, names: Names = systemNames): Promise<number> {
  const text = await io.stdin()
  const lines = text.split('\n').filter((line) => !line.startsWith('#'))
  const cleared = await run(['-C'], io, names)
  if (cleared !== 0) return cleared
  const { director } = io
  const rest: CliIo = {
    stdin: async () => lines.join('\n'),
    out: (shown) => io.out(shown),
    err: (shown) => io.err(shown),
    director,
  }
  return run(['-R'], rest, names)
}
