/** Recordings of real LVS: a file of command lines and the transcript of their answers (oracle/transcript). */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

export interface Played {
  line: string
  /** Standard output and error as a terminal shows them, `[exit N]` last where N is not 0. */
  answer: string
}

/** Reads NAME.cmds and NAME.real of a folder; throws where one does not follow the other. */
export function readRecording(folder: string, name: string): Played[] {
  const lines = readFileSync(join(folder, `${name}.cmds`), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
  let rest = readFileSync(join(folder, `${name}.real`), 'utf8')
  return lines.map((line, i) => {
    if (!rest.startsWith(`$ ${line}\n`)) throw new Error(`${name}.real does not go on with: $ ${line}`)
    rest = rest.slice(line.length + 3)
    const end = i + 1 < lines.length ? nextAt(rest, lines[i + 1]) : rest.length
    const answer = rest.slice(0, end)
    rest = rest.slice(end)
    return { line, answer }
  })
}

function nextAt(text: string, line: string): number {
  if (text.startsWith(`$ ${line}\n`)) return 0
  return text.indexOf(`\n$ ${line}\n`) + 1
}
