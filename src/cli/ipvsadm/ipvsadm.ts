/**
 * ipvsadm 1.31: its grammar, messages, exit statuses and listings, on fullnat's director.
 *
 * What a line asks for is decided here, and shown here; what it changes is decided by the director. It differs
 * from the real tool only where docs/differences.md says so. It never waits for a terminal and keeps no state.
 */
import { Failure } from '../../failure/failure.js'
import type { CliIo } from '../io.js'
import { type Names, systemNames } from '../name/names.js'
import { unavailable } from './message.js'
import { perform } from './perform.js'
import { refusalOf } from './refusal.js'
import { listAll } from './request.js'
import { parserFor } from './resolve.js'
import { restore } from './restore.js'

/** The exit status of `ipvsadm ARGV...`. */
export async function run(argv: readonly string[], io: CliIo, names: Names = systemNames): Promise<number> {
  try {
    const request = argv.length === 0 ? listAll : await parserFor(names)(argv)
    return request.kind === 'restore' ? await restore(io, names) : await perform(request, io, names)
  } catch (error) {
    const { message, status } = error instanceof Failure ? unavailable(error) : refusalOf(error)
    io.err(`${message}\n`)
    return status
  }
}
