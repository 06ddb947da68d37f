/**
 * An agent on the server says how it is, in one line of HAProxy's agent-check: `75%` of its weight, `up` or `ready`, `drain` or
 * `maint` (no new connections), `down`, `fail` or `stopped`, each with a text behind `#`. Words stand between blanks or commas.
 */
import { Bad } from '../bad.js'
import type { Checker, Share } from '../checker.js'

const SHARES: Readonly<Record<string, Share>> = { up: 1, ready: 1, drain: 0, maint: 0 }
const DOWN = ['down', 'fail', 'stopped']

export const agent: Checker<'agent'> = async ({ send }, exchange) => {
  const stream = await exchange.stream()
  if (send !== '') stream.write(send)
  const isLine = await stream.holds((bytes) => bytes.includes(10))
  const line = isLine ? await stream.line() : (await stream.rest()).toString('latin1')
  stream.leave()
  return shareIn(line)
}

/** The last word that says a share counts; any that says down is heard. */
function shareIn(line: string): Share {
  const [said, text = ''] = line.split('#')
  const words = said
    .toLowerCase()
    .split(/[\s,]+/)
    .filter((word) => word !== '')
  const bad = words.find((word) => DOWN.includes(word))
  if (bad !== undefined) throw new Bad(`the agent says ${bad}${text === '' ? '' : `: ${text.trim()}`}`)
  const shares = words.map((word) => SHARES[word] ?? percentIn(word)).filter((share) => share >= 0)
  if (shares.length === 0) throw new Bad(`the agent says '${line.slice(0, 60)}', which is no word of an agent`)
  return Math.min(...shares)
}

/** -1: no percentage. A weight above its own is its own. */
const percentIn = (word: string): number =>
  /^\d{1,3}%$/.test(word) ? Math.min(1, Number.parseInt(word, 10) / 100) : -1
