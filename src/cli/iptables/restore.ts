/**
 * iptables-restore and ip6tables-restore 1.8.9: each table of a stream becomes one command to the director, all of it
 * or nothing. A stream that has a table which fullnat has not is refused before any of it is done.
 */
import { readFileSync } from 'node:fs'
import type { CliIo } from '../io.js'
import { type Names, systemNames } from '../name/names.js'
import type { OptionSpec } from '../option/scanner.js'
import { Complaint } from './complaint.js'
import { lackingTable, OTHER_TABLES } from './known.js'
import { plainOption, readPlain } from './plain-options.js'
import { type Program, versionLine } from './program.js'
import { RestoreStream } from './restore-stream.js'
import { errorText } from './system-error.js'

const OPTIONS: readonly OptionSpec[] = [
  plainOption('counters', 'c'),
  plainOption('verbose', 'v'),
  plainOption('version', 'V'),
  plainOption('test', 't'),
  plainOption('help', 'h'),
  plainOption('noflush', 'n'),
  plainOption('modprobe', 'M', 'required'),
  plainOption('table', 'T', 'required'),
  plainOption('ipv4', '4'),
  plainOption('ipv6', '6'),
  plainOption('wait', 'w', 'optional'),
  plainOption('wait-interval', 'W', 'optional'),
]

/** The exit status of `iptables-restore ARGV...`. */
export async function runRestore(
  name: 'iptables' | 'ip6tables',
  argv: readonly string[],
  io: CliIo,
  names: Names = systemNames,
): Promise<number> {
  const program: Program = { name: `${name}-restore`, family: name === 'iptables' ? 4 : 6 }
  let stream: RestoreStream | null = null
  try {
    const given = read(argv, program)
    if (given.has('V')) io.out(versionLine(program))
    else if (given.has('h')) io.err(usage(program))
    else {
      const text = await textOf(given.get('file'), io)
      checkTables(text, given.get('T') ?? null)
      const flags = { counters: given.has('c'), verbose: given.has('v'), flush: !given.has('n'), test: given.has('t') }
      stream = new RestoreStream({ ...flags, table: given.get('T') ?? null }, program, io, names)
      await stream.run(text)
    }
    return 0
  } catch (error) {
    if (!(error instanceof Complaint)) throw error
    io.err(error.text(program, stream?.place ?? null))
    return error.status
  }
}

/** Options by letter; `file` is the word that is none. */
function read(argv: readonly string[], program: Program): Map<string, string> {
  const { options, words } = readPlain(argv, OPTIONS, program, `Try \`${program.name} -h' for more information.`)
  if (words.length > 1) throw new Complaint('plain', 'Unknown arguments found on commandline')
  const given = new Map(options.map(({ spec, argument }) => [spec.short, argument ?? '']))
  return words.length === 0 ? given : given.set('file', words[0])
}

async function textOf(file: string | undefined, io: CliIo): Promise<string> {
  if (file === undefined) return io.stdin()
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new Complaint('plain', `Can't open ${file}: ${errorText(error)}`)
  }
}

function checkTables(text: string, only: string | null): void {
  const tables = only === null ? Array.from(text.matchAll(/^\*(\S+)/gm), ([, table]) => table) : [only]
  const other = tables.find((table) => OTHER_TABLES.includes(table))
  if (other !== undefined)
    throw new Complaint('unsupportedTable', `${lackingTable(other)} (-T nat, -T mangle). Nothing was changed`)
}

const usage = ({
  name,
}: Program): string => `Usage: ${name} [-c] [-v] [-V] [-t] [-h] [-n] [-T table] [-M command] [-4] [-6] [file]
	   [ --counters ]
	   [ --verbose ]
	   [ --version]
	   [ --test ]
	   [ --help ]
	   [ --noflush ]
	   [ --table=<TABLE> ]
	   [ --modprobe=<command> ]
	   [ --ipv4 ]
	   [ --ipv6 ]
`
