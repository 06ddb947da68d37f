/** What ends a command line early: its text in the tool's own layout, and its exit status (libxtables' exit codes). */
import { type Program, VERSION } from './program.js'

/** Lines of a restore, from 1: the one being read, and the one whose change was refused. */
export interface Place {
  readonly read: number
  readonly refused: number
}

type Layout = (message: string, program: Program, place: Place | null) => string

const prefixed = (message: string, { name }: Program): string => `${name} v${VERSION}: ${message}\n`

const hint: Layout = (message, { name }, place) =>
  `${message}${place ? `Error occurred at line: ${place.read}\n` : ''}Try \`${name} -h' or '${name} --help' for more information.\n`

const LAYOUTS = {
  misuse: (message, program, place) => hint(prefixed(message, program), program, place),
  plainMisuse: (message, program, place) => hint(message, program, place),
  version: (message, program) =>
    `${prefixed(message, program)}Perhaps ${program.name} or your kernel needs to be upgraded.\n`,
  unsupported: (message, program, place) => prefixed(place ? `line ${place.read}: ${message}` : message, program),
  unsupportedTable: prefixed,
  /** A refusal of the kernel. */
  kernel: (message, program, place) => prefixed(place ? `\nline ${place.refused}: ${message}` : ` ${message}`, program),
  /** No kernel, or no director, to ask. */
  unavailable: prefixed,
  /** A refusal of the tool itself after it looked at the table. */
  refused: (message, { name }, place) =>
    place ? `${name}: line ${place.refused} failed: ${message}.\n` : `${name}: ${message}.\n`,
  /** A listing of a chain that is not there. */
  incompatible: prefixed,
  plain: (message) => `${message}\n`,
} satisfies Record<string, Layout>

type Kind = keyof typeof LAYOUTS

const STATUS: Readonly<Record<Kind, number>> = {
  misuse: 2,
  plainMisuse: 2,
  version: 3,
  unsupported: 2,
  unsupportedTable: 3,
  kernel: 4,
  unavailable: 4,
  refused: 1,
  incompatible: 1,
  plain: 1,
}

export class Complaint extends Error {
  override readonly name = 'Complaint'
  readonly kind: Kind

  constructor(kind: Kind, message: string) {
    super(message)
    this.kind = kind
  }

  get status(): number {
    return STATUS[this.kind]
  }

  text(program: Program, place: Place | null): string {
    const layout: Layout = LAYOUTS[this.kind]
    return layout(this.message, program, place)
  }
}

export const misuse = (message: string): Complaint => new Complaint('misuse', message)
/** What the real tool has and fullnat has not. */
export const unsupported = (what: string): Complaint =>
  new Complaint('unsupported', `${what} is not supported by fullnat yet`)
