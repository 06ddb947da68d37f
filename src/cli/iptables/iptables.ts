/**
 * iptables and ip6tables 1.8.9 (nf_tables) for the nat and mangle tables: grammar, messages, exit statuses and listings, on
 * fullnat's director.
 *
 * What a line asks for is decided here, and shown here; what it changes is decided by the director. It differs from
 * the real tool only where docs/differences.md says so: what fullnat does not have is refused by name, never accepted
 * and ignored. It never waits for a lock and keeps no state.
 */
import type { CliIo } from '../io.js'
import { type Names, systemNames } from '../name/names.js'
import { Complaint } from './complaint.js'
import { perform } from './perform.js'
import type { Program } from './program.js'
import { reader } from './reader.js'

/** The exit status of `iptables ARGV...`. */
export async function run(
  name: 'iptables' | 'ip6tables',
  argv: readonly string[],
  io: CliIo,
  names: Names = systemNames,
): Promise<number> {
  const program: Program = { name, family: name === 'iptables' ? 4 : 6 }
  try {
    const request = await reader(program, 'filter', false, io, names)(argv)
    await perform(request, program, io, names)
    return 0
  } catch (error) {
    if (!(error instanceof Complaint)) throw error
    io.err(error.text(program, null))
    return error.status
  }
}
