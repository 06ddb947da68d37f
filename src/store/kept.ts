/** What was desired before each configuration was applied: the last ones, each in a file of its own beside the state. */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Failure } from '../failure/failure.js'
import type { Desired } from '../model/desired.js'
import { desired } from './desired-shape.js'

const FOLDER = 'revisions'
const KEPT_MOST = 20
const NAME = /^(\d+)\.json$/

export interface Kept {
  /** Of the state that it was. */
  revision: number
  /** When it was left, ms since 1970. */
  at: number
}

/** Oldest first. */
export function keptIn(folder: string): Kept[] {
  const path = join(folder, FOLDER)
  if (!existsSync(path)) return []
  const revisions = readdirSync(path)
    .flatMap((name) => NAME.exec(name)?.[1] ?? [])
    .map(Number)
  return revisions
    .sort((a, b) => a - b)
    .map((revision) => ({ revision, at: statSync(fileOf(folder, revision)).mtimeMs }))
}

const fileOf = (folder: string, revision: number): string => join(folder, FOLDER, `${revision}.json`)

/** Whole or not at all; the oldest go. */
export function keep(folder: string, revision: number, content: Desired): void {
  mkdirSync(join(folder, FOLDER), { recursive: true, mode: 0o700 })
  const path = fileOf(folder, revision)
  writeFileSync(`${path}.new`, JSON.stringify(content), { mode: 0o600 })
  renameSync(`${path}.new`, path)
  for (const { revision: old } of keptIn(folder).slice(0, -KEPT_MOST)) rmSync(fileOf(folder, old))
}

/** Failure('bad-request') if it is not kept, or not as this version writes it. */
export function readKept(folder: string, revision: number): Desired {
  const all = keptIn(folder).map((one) => one.revision)
  if (!all.includes(revision))
    throw new Failure(
      'bad-request',
      `revision ${revision} is not kept; ${all.length === 0 ? 'none is' : `kept are ${all.join(', ')}`}`,
    )
  const content = JSON.parse(readFileSync(fileOf(folder, revision), 'utf8'))
  const complaint = desired(content)
  if (complaint !== '')
    throw new Failure('bad-request', `revision ${revision} was kept by another version of fullnat: ${complaint}`)
  return content
}

export function forgetKept(folder: string): void {
  rmSync(join(folder, FOLDER), { recursive: true, force: true })
}
