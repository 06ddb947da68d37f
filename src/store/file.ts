/**
 * The state on disk: one JSON file, replaced whole, with the one before it as backup.
 *
 * Whatever kills the process, at every moment one complete state is there. A file that cannot be read as
 * this version's state is never lost and never crashed on: it is renamed, and a notice says so.
 */
import * as fs from 'node:fs'
import { join } from 'node:path'
import { Failure } from '../failure/failure.js'
import { emptyState, type State } from '../model/state.js'
import { integrity } from './integrity.js'
import { forgetKept } from './kept.js'
import { layoutComplaint, upgraded } from './layout.js'
import { claim, STATE_FILE } from './place.js'
import * as shape from './shape.js'
import { forgetTokens } from './token.js'

const BACKUP_FILE = 'state.backup.json'

/** What was found, and what an operator should know about it. */
export interface Loaded {
  state: State
  notices: string[]
}

type Read = { state: State } | { complaint: string } | 'absent'

export function load(folder: string): Loaded {
  claim(folder)
  const path = join(folder, STATE_FILE)
  const found = read(path)
  if (found !== 'absent' && 'state' in found) return { state: found.state, notices: [] }
  const backup = read(join(folder, BACKUP_FILE))
  if (found === 'absent' && backup === 'absent') return { state: emptyState(), notices: [] }
  const notices = [found === 'absent' ? `${path} is missing` : setAside(path, found.complaint)]
  return startFrom(folder, backup, notices)
}

function startFrom(folder: string, backup: Read, notices: string[]): Loaded {
  const path = join(folder, BACKUP_FILE)
  if (backup !== 'absent' && 'state' in backup) {
    notices.push(`started with its backup ${path}, revision ${backup.state.revision}`)
    return { state: backup.state, notices: [notices.join('; ')] }
  }
  if (backup !== 'absent') notices.push(setAside(path, backup.complaint))
  notices.push('started with no services and no rules')
  return { state: emptyState(), notices: [notices.join('; ')] }
}

export function save(folder: string, state: State): void {
  const path = join(folder, STATE_FILE)
  const temporary = `${path}.new`
  try {
    writeThrough(temporary, JSON.stringify(state))
    keepBackup(path, join(folder, BACKUP_FILE))
    fs.renameSync(temporary, path)
    syncFolder(folder)
  } catch (error) {
    throw new Failure('internal', `cannot save ${path}: ${(error as Error).message}; nothing was changed`)
  }
}

export function forget(folder: string): void {
  if (!fs.existsSync(folder)) return
  fs.rmSync(join(folder, STATE_FILE), { force: true })
  fs.rmSync(join(folder, BACKUP_FILE), { force: true })
  forgetTokens(folder)
  forgetKept(folder)
  syncFolder(folder)
}

function read(path: string): Read {
  let text: string
  try {
    text = fs.readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 'absent'
    throw new Failure('state-unreadable', `cannot read ${path}: ${(error as Error).message}`)
  }
  return parse(text)
}

function parse(text: string): Exclude<Read, 'absent'> {
  let value: unknown
  try {
    value = upgraded(JSON.parse(text))
  } catch (error) {
    return { complaint: `is no JSON (${(error as Error).message.replace(/\s+/g, ' ')})` }
  }
  const complaint = layoutComplaint(value) || shape.state(value) || integrity(value as State)
  return complaint === '' ? { state: value as State } : { complaint: complaint.replace(/^[.:]/, 'is damaged: ') }
}

function setAside(path: string, complaint: string): string {
  const date = new Date().toISOString().replaceAll(':', '-')
  const aside = path.replace(/\.json$/, `-${date}.json`)
  fs.renameSync(path, aside)
  return `${path} ${complaint}: set aside as ${aside}`
}

function writeThrough(path: string, text: string): void {
  const fd = fs.openSync(path, 'w', 0o600)
  try {
    fs.writeFileSync(fd, text)
    fs.fsyncSync(fd)
  } finally {
    fs.closeSync(fd)
  }
}

/** A second name for the current file, put in the backup's place by a rename: no moment without either. */
function keepBackup(path: string, backup: string): void {
  if (!fs.existsSync(path)) return
  const linked = `${backup}.new`
  fs.rmSync(linked, { force: true })
  fs.linkSync(path, linked)
  fs.renameSync(linked, backup)
}

function syncFolder(folder: string): void {
  const fd = fs.openSync(folder, 'r')
  try {
    fs.fsyncSync(fd)
  } finally {
    fs.closeSync(fd)
  }
}
