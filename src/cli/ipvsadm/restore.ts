/**
 * `ipvsadm -R`: a command line on each line of standard input.
 *
 * Changes are sent in batches; their messages and the exit status are those of one line after the other. What the
 * kernel refuses and what popt complains of is passed over; any other mistake ends the run where it stands.
 */
import type { Command, DaemonCommand, ServiceCommand } from '../../commands/command.js'
import type { CliIo } from '../io.js'
import type { Names } from '../name/names.js'
import { failureText } from './message.js'
import { perform } from './perform.js'
import { REFUSED, Refusal, refusalOf, tryHelp } from './refusal.js'
import type { Request } from './request.js'
import { parserFor } from './resolve.js'

/** Under the control socket's largest body, at 400 bytes a command: each batch is compiled and installed once. */
const BATCH_MAX = 200_000

export async function restore(io: CliIo, names: Names): Promise<number> {
  const parse = parserFor(names)
  const batch = new Batch(io)
  for (const words of linesOf(await io.stdin())) {
    const request = await parse(words).catch(refusalOf)
    if (request instanceof Refusal) await batch.refuse(request)
    else if (request.kind === 'change') await batch.add(request.command)
    else if (await batch.show(request, names)) return 0
  }
  await batch.send()
  return batch.status
}

/** Words of each line that has any; a leading `ipvsadm` is no word, nor is any other. */
const linesOf = (text: string): string[][] =>
  text
    .split('\n')
    .map((line) => line.split(/[ \t\r]+/).filter((word) => word !== '' && word !== 'ipvsadm'))
    .filter((words) => words.length > 0)

class Batch {
  /** The exit status of the last line. */
  status = 0
  readonly #io: CliIo
  /** Commands to send, and complaints to print between their messages. */
  #entries: (ServiceCommand | DaemonCommand | Refusal)[] = []

  constructor(io: CliIo) {
    this.#io = io
  }

  async add(command: ServiceCommand | DaemonCommand): Promise<void> {
    this.#entries.push(command)
    if (this.#entries.length >= BATCH_MAX) await this.send()
  }

  /** Throws what ends the run, after what stands before it is done. */
  async refuse(refusal: Refusal): Promise<void> {
    if (refusal.goesOn) {
      this.#entries.push(refusal)
      return
    }
    await this.send()
    throw refusal
  }

  /** True where the run ends here, well. */
  async show(request: Exclude<Request, { kind: 'change' }>, names: Names): Promise<boolean> {
    await this.send()
    if (request.kind === 'restore') throw tryHelp()
    this.status = await perform(request, this.#io, names)
    return request.kind === 'help' || request.kind === 'version'
  }

  async send(): Promise<void> {
    const entries = this.#entries
    this.#entries = []
    const commands = entries.filter((entry) => !(entry instanceof Refusal)) as Command[]
    const results = commands.length > 0 ? await this.#io.director.commands(commands) : []
    let next = 0
    const messages = entries.map((entry) => {
      if (entry instanceof Refusal) return entry.message
      const result = results[next++]
      return result.ok ? '' : failureText(result.failure)
    })
    for (const message of messages) if (message) this.#io.err(`${message}\n`)
    if (messages.length > 0) this.status = messages.at(-1) ? REFUSED : 0
  }
}
