/** A command line that is refused before anything is asked of the director: its text and exit status. */

/** Usage and values: the rest of a restore is dropped. */
export const USAGE = 2
/** popt's complaints, and what the kernel refuses: a restore goes on. exit(-1) as the shell sees it. */
export const REFUSED = 255
/** A listing of something that is not there. */
export const MISSING = 1

export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly status: number
  /** A restore goes on with its next line. */
  readonly goesOn: boolean

  constructor(message: string, status: number = USAGE, goesOn = false) {
    super(message)
    this.status = status
    this.goesOn = goesOn
  }
}

export const tryHelp = (): Refusal => new Refusal("Try `ipvsadm -h' or 'ipvsadm --help' for more information.", REFUSED)

/** The refusal that was thrown; anything else is thrown again. */
export function refusalOf(error: unknown): Refusal {
  if (error instanceof Refusal) return error
  throw error
}
