/**
 * Starting a director: a process of its own that outlives this one, or this one itself.
 *
 * The daemon is another program of this package (src/daemon), found by its place in dist/, never imported: the
 * command lines stay free of everything it needs. A background director tells by a pipe that it serves, or why not.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import * as fs from 'node:fs'
import { join, resolve } from 'node:path'
import type { Readable } from 'node:stream'
import { pathToFileURL } from 'node:url'
import type { ReadyView } from '../../api/routes.js'
import { Failure } from '../../failure/failure.js'
import { claimPlace, LOG_FILE, type Place, statePlace } from '../../store/place.js'
import type { Installation } from '../installation.js'
import { apiWords } from './api-options.js'
import type { UpOptions } from './options.js'

const START_MAX_MS = 30_000
/** Past this the log of earlier runs is put aside, one generation. */
const LOG_MAX_BYTES = 16 << 20
const READY_FD = 3

/** Returns when traffic is served; Failure with the director's own words if it is not. */
export async function startInBackground(root: string, options: UpOptions): Promise<void> {
  const place = statePlace()
  const path = join(place.folder, LOG_FILE)
  const log = openLog(place)
  const before = fs.fstatSync(log).size
  const child = spawnDirector(root, options, log)
  fs.closeSync(log)
  const ready = await firstWords(child)
  child.unref()
  if (ready === null) {
    const [last = 'it left no word'] = fs.readFileSync(path).subarray(before).toString().trim().split('\n').slice(-1)
    throw new Failure('internal', `the director stopped while starting: ${last}; see ${path}`)
  }
  if (!ready.ok) throw new Failure(ready.failure.code, ready.failure.message, ready.failure.facts)
}

/** Room for what a large change makes and throws away: a third of a restore's time was spent in clearing less, MiB. */
const YOUNG_SPACE = '--max-semi-space-size=64'

function spawnDirector(root: string, options: UpOptions, log: number): ChildProcess {
  const { connections, logLevel, logFormat, datapath, api, config, watch } = options
  const words = [
    'up',
    '--foreground',
    '--connections',
    `${connections}`,
    '--log-level',
    logLevel,
    '--log-format',
    logFormat,
    '--datapath',
    datapath,
    ...apiWords(api),
    ...(config === '' ? [] : ['--config', config]),
    ...(watch ? ['--watch'] : []),
  ]
  return spawn(process.execPath, [YOUNG_SPACE, join(root, 'bin/fullnat'), ...words, '--ready-fd', `${READY_FD}`], {
    detached: true,
    cwd: '/',
    stdio: ['ignore', log, log, 'pipe'],
    env: directorEnvironment(process.env),
  })
}

/** The programs in bin/ put NODE_EXTRA_CA_CERTS aside: node reads the file at its start, and a command needs none of it. */
function directorEnvironment(own: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const { FULLNAT_STATE_DIR: folder, FULLNAT_EXTRA_CA_CERTS: certificates } = own
  return {
    ...own,
    ...(folder && { FULLNAT_STATE_DIR: resolve(folder) }),
    ...(certificates && { NODE_EXTRA_CA_CERTS: certificates }),
  }
}

/** This process becomes the director; resolves when it has been told to stop. `readyFd` hears how it began. */
export async function startHere(here: Installation, options: UpOptions, readyFd: number): Promise<void> {
  let isTold = readyFd < 0
  const tell = (view: ReadyView) => {
    if (isTold) return
    isTold = true
    fs.writeSync(readyFd, JSON.stringify(view))
    fs.closeSync(readyFd)
  }
  try {
    const daemon = await importDaemon(here)
    await daemon.start(options, () => tell({ ok: true }))
  } catch (error) {
    const failure = failureOf(error)
    const { code, message, facts } = failure ?? new Failure('internal', `a fault of fullnat itself: ${error}`)
    tell({ ok: false, failure: { code, message, facts } })
    throw failure ?? error
  }
}

/** The daemon is not of this bundle: its Failure is another class of the same name. null for any other error. */
function failureOf(error: unknown): Failure | null {
  const { name, code, message, facts } = error as Failure
  return name === 'Failure' ? new Failure(code, message, facts) : null
}

/** Where no director runs: gives back what a killed one left in the host; false if nothing was. */
export async function clear(here: Installation, forget: boolean): Promise<boolean> {
  try {
    return await (await importDaemon(here)).clear(forget)
  } catch (error) {
    throw failureOf(error) ?? error
  }
}

interface Daemon {
  start(options: UpOptions, ready: () => void): Promise<void>
  clear(forget: boolean): Promise<boolean>
}

async function importDaemon({ root, import: load }: Installation): Promise<Daemon> {
  try {
    return (await load(pathToFileURL(join(root, 'dist/src/daemon/main.js')).href)) as Daemon
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code !== 'ERR_MODULE_NOT_FOUND') throw error
    throw new Failure('internal', `a module is missing: run \`npm ci && npm run build\` in ${root} (${message})`)
  }
}

function openLog(place: Place): number {
  const path = join(place.folder, LOG_FILE)
  claimPlace(place)
  try {
    const size = fs.statSync(path, { throwIfNoEntry: false })?.size ?? 0
    if (size > LOG_MAX_BYTES) fs.renameSync(path, `${path}.1`)
    return fs.openSync(path, 'a', 0o600)
  } catch (error) {
    throw new Failure('state-unreadable', `cannot write ${path}: ${(error as Error).message}`)
  }
}

/** What the child writes to its pipe, or null if it ends without a word. */
async function firstWords(child: ChildProcess): Promise<ReadyView | null> {
  const pipe = child.stdio[READY_FD] as Readable
  const tooLate = setTimeout(() => {
    child.kill('SIGTERM')
    pipe.destroy(new Failure('internal', `the director did not serve within ${START_MAX_MS / 1000} s and was stopped`))
  }, START_MAX_MS)
  try {
    let text = ''
    for await (const part of pipe) text += part
    return text === '' ? null : JSON.parse(text)
  } finally {
    clearTimeout(tooLate)
  }
}
