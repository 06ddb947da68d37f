/** Protocols that talk in lines: a command, and an answer that must begin as expected. */
import { Bad } from '../bad.js'
import type { Stream } from '../stream.js'

const LINES_MOST = 200
const SHOWN = 60

/** The answer's last line; `123-` says that more follow (RFC 5321 4.2.1, RFC 959 4.2). */
export async function expectReply(stream: Stream, wanted: RegExp, what: string): Promise<string> {
  for (let i = 0; i < LINES_MOST; i++) {
    const line = await stream.line()
    if (/^\d{3}-/.test(line) || /^ /.test(line)) continue
    return expectLine(line, wanted, what)
  }
  throw new Bad(`${what}: an answer of more than ${LINES_MOST} lines`)
}

export function expectLine(line: string, wanted: RegExp, what: string): string {
  if (wanted.test(line)) return line
  throw new Bad(`${what} '${line.slice(0, SHOWN)}'`)
}
