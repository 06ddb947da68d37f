/**
 * The command lines: one bundle, many programs, chosen by the name it was called by.
 *
 * Only what the chosen program needs is evaluated: a command is mostly node's own start.
 */
import { basename } from 'node:path'
import { directorClient } from './director.js'
import type { Installation } from './installation.js'
import type { CliIo } from './io.js'
import { type Terminal, terminal } from './terminal.js'

type Program = (argv: readonly string[], io: CliIo) => Promise<number>

/** Status of a program that failed by a fault of its own. */
const FAULT = 70

/** iptables and ip6tables are one program for two families. */
const iptablesPrograms = (name: 'iptables' | 'ip6tables'): Record<string, Program> => ({
  [name]: async (argv, io) => (await import('./iptables/iptables.js')).run(name, argv, io),
  [`${name}-save`]: async (argv, io) => (await import('./iptables/save.js')).runSave(name, argv, io),
  [`${name}-restore`]: async (argv, io) => (await import('./iptables/restore.js')).runRestore(name, argv, io),
})

export const PROGRAMS: Readonly<Record<string, Program>> = {
  ipvsadm: async (argv, io) => (await import('./ipvsadm/ipvsadm.js')).run(argv, io),
  'ipvsadm-save': async (argv, io) => (await import('./ipvsadm/script.js')).runSave(argv, io),
  'ipvsadm-restore': async (argv, io) => (await import('./ipvsadm/script.js')).runRestore(argv, io),
  ...iptablesPrograms('iptables'),
  ...iptablesPrograms('ip6tables'),
}

/** `given` is the program of the file in bin/; a link of another known name (argv[0]) goes before it. */
export async function main(here: Installation, given: string): Promise<void> {
  const called = basename(process.argv[1] ?? '')
  const io = terminal()
  let status: number
  try {
    status = await run(here, Object.hasOwn(PROGRAMS, called) ? called : given, process.argv.slice(2), io)
  } catch (error) {
    io.err(`${given}: a fault of fullnat itself: ${(error as Error).stack}\n`)
    status = FAULT
  }
  io.flush()
  process.exit(status)
}

export async function run(here: Installation, name: string, argv: readonly string[], io: Terminal): Promise<number> {
  if (Object.hasOwn(PROGRAMS, name)) return PROGRAMS[name](argv, { ...io, director: directorClient(here.root) })
  const [first, ...rest] = argv
  if (first !== undefined && Object.hasOwn(PROGRAMS, first)) return run(here, first, rest, io)
  const fullnat = await import('./fullnat/run.js')
  return fullnat.run(here, argv, io)
}
