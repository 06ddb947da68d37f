/** What the demo prints: numbered steps, commands as typed with what they answered, and checks. 80 columns. */
import type { WriteStream } from 'node:tty'
import type { Host } from './network.js'

const BOLD = '1'
const DIM = '2'
const GREEN = '32'

export class Stage {
  private readonly out: WriteStream
  private readonly coloured: boolean
  private steps = 0

  constructor(out: WriteStream) {
    this.out = out
    this.coloured = Boolean(out.isTTY) && !process.env.NO_COLOR
  }

  title(text: string): void {
    this.line(this.paint(BOLD, text))
  }

  say(text: string): void {
    this.line(`\n${text}`)
  }

  /** What comes next, and why, in one line. */
  step(text: string): void {
    const number = String(++this.steps).padStart(2)
    this.line(this.paint(BOLD, `\n${number}  ${text}`))
  }

  /** Type a command on a host and show what it answers. Throws when it fails. */
  async type(host: Host, command: string): Promise<string> {
    this.indented(command, `${host.name}# `)
    const { status, stdout, stderr } = await host.run(command)
    this.indented(stdout + stderr)
    if (status !== 0) throw new Error(`\`${command}\` on ${host.name} ended with status ${status}`)
    return stdout
  }

  /** A fact that must hold, shown when it does. */
  check(holds: boolean, fact: string): void {
    if (!holds) throw new Error(`not so: ${fact}`)
    this.line(`    ${this.paint(GREEN, `ok: ${fact}`)}`)
  }

  private indented(text: string, prompt = ''): void {
    if (text === '') return
    const [first, ...rest] = text.trimEnd().split('\n')
    this.line(`    ${this.paint(DIM, prompt)}${first}`)
    for (const line of rest) this.line(line === '' ? '' : `    ${line}`)
  }

  private line(text: string): void {
    this.out.write(`${text}\n`)
  }

  private paint(code: string, text: string): string {
    return this.coloured ? `\x1b[${code}m${text}\x1b[0m` : text
  }
}
