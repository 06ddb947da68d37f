/**
 * The log, for a person at three in the morning: one line an event, local time with its offset, the level, words.
 *
 * Main thread only; a worker posts events to it. Facts follow the message as key=value. Each line is written
 * before the call returns. It never throws: a line that nobody can take (a full disk, a closed pipe) is lost,
 * since traffic matters more. As JSON it is the same, for a program: time, level, msg, the facts, thrown.
 */
import { writeSync } from 'node:fs'
import { pino } from 'pino'
import type { Level, LogFormat } from './level.js'

export type Facts = Readonly<Record<string, string | number>>

export interface Log {
  debug(message: string, facts?: Facts): void
  info(message: string, facts?: Facts): void
  warn(message: string, facts?: Facts): void
  /** The stack of what was thrown follows on lines of its own. */
  error(message: string, thrown?: unknown): void
}

export type Sink = (line: string) => void

export const toStandardError: Sink = (line) => {
  try {
    writeSync(2, line)
  } catch {}
}

export function createLog(level: Level, sink: Sink = toStandardError, format: LogFormat = 'text'): Log {
  const options = { level, base: null, timestamp: () => `,"time":"${localTime(new Date())}"` }
  const lineAs = { text: lineOf, json: jsonOf }[format]
  const logger = pino(options, { write: (json: string) => sink(lineAs(JSON.parse(json))) })
  return {
    debug: (message, facts = {}) => logger.debug({ facts }, message),
    info: (message, facts = {}) => logger.info({ facts }, message),
    warn: (message, facts = {}) => logger.warn({ facts }, message),
    error: (message, thrown) => logger.error({ facts: {}, thrown: textOf(thrown) }, message),
  }
}

interface Entry {
  level: number
  time: string
  msg: string
  facts: Facts
  thrown?: string
}

const LEVEL_TEXT: Readonly<Record<number, string>> = { 20: 'debug', 30: 'info ', 40: 'WARN ', 50: 'ERROR' }

const jsonOf = ({ level, time, msg, facts, thrown }: Entry): string =>
  `${JSON.stringify({ time, level: LEVEL_TEXT[level].trim().toLowerCase(), msg, ...facts, thrown })}\n`

function lineOf({ level, time, msg, facts, thrown }: Entry): string {
  const words = Object.entries(facts).map(([key, value]) => ` ${key}=${value}`)
  const trace = thrown ? `\n    ${thrown.replaceAll('\n', '\n    ')}` : ''
  return `${time} ${LEVEL_TEXT[level]} ${msg.replaceAll('\n', ' | ')}${words.join('')}${trace}\n`
}

const textOf = (thrown: unknown): string | undefined =>
  thrown === undefined ? undefined : thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown)

/** ISO 8601 in local time: `2026-11-22T03:12:45.123+01:00`. */
function localTime(date: Date): string {
  const offset = -date.getTimezoneOffset()
  const local = new Date(date.getTime() + offset * 60_000).toISOString().slice(0, -1)
  const minutes = Math.abs(offset)
  const two = (value: number) => String(value).padStart(2, '0')
  return `${local}${offset < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`
}
