/**
 * `fullnat up`, `down`, `status`: the director's life, for people and supervisors; `set`, `settings`: how it behaves.
 *
 * Exit status: 0 done (also where there was nothing to do), 1 failed, 2 wrong words, 3 status of no director
 * (as init scripts have it). Every failure is one line that says what to do.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { call } from '../../api/client.js'
import type { StatusView } from '../../api/routes.js'
import { Failure } from '../../failure/failure.js'
import { STATE_FILE, stateFolder } from '../../store/place.js'
import { directorClient, isNotRunning, needNetAdmin } from '../director.js'
import type { Installation } from '../installation.js'
import type { Terminal } from '../terminal.js'
import { explain, failures } from './explain.js'
import { health, maintain } from './health.js'
import { parse, type Request, USAGE, UsageError } from './options.js'
import { services } from './services.js'
import { set, show } from './settings.js'
import { carries, page, warningLines } from './status.js'
import { versionOf } from './version.js'

const FAILED = 1
const MISUSED = 2
const NOT_RUNNING = 3

export async function run(here: Installation, argv: readonly string[], io: Terminal): Promise<number> {
  try {
    return await perform(parse(argv), here, io)
  } catch (error) {
    if (error instanceof UsageError) {
      io.err(`fullnat: ${error.message}; \`fullnat --help\` shows what there is\n`)
      return MISUSED
    }
    if (!(error instanceof Failure)) throw error
    io.err(`fullnat: ${error.message}\n`)
    return FAILED
  }
}

/** Evaluated only where a director starts or is cleared away: node:child_process costs `status` milliseconds. */
const starting = () => import('./start.js')

async function perform(request: Request, here: Installation, io: Terminal): Promise<number> {
  switch (request.command) {
    case 'up':
      return up(request, here, io)
    case 'down':
      return down(request.forget, here, io)
    case 'status':
      return status(request.json, io)
    case 'services':
      await services(request.json, io)
      return 0
    case 'health':
      await health(request.json, io)
      return 0
    case 'explain':
      return explain(request, io)
    case 'failures':
      await failures(request, io)
      return 0
    case 'drain':
    case 'halt':
    case 'online':
      await maintain(request, directorClient(here.root), io)
      return 0
    case 'alerts':
      return (await import('./alerts.js')).alerts(request.test, io)
    case 'validate':
    case 'plan':
    case 'diff':
    case 'apply':
    case 'rollback':
    case 'export':
      return (await import('./config.js')).config(request, directorClient(here.root), io)
    case 'set':
      await set(request.assignments, directorClient(here.root), io)
      return 0
    case 'settings':
      await show(request.names, io)
      return 0
    case 'token':
      ;(await import('./token.js')).token(request, io)
      return 0
    case 'api':
      return (await import('./api.js')).api(request, io)
    case 'help':
      io.out(USAGE)
      return 0
    case 'version':
      io.out(`fullnat ${versionOf(here.root)}\n`)
      return 0
  }
}

async function up(request: Request & { command: 'up' }, here: Installation, io: Terminal): Promise<number> {
  if (request.foreground) {
    needNetAdmin()
    await (await starting()).startHere(here, request.options, request.readyFd)
    return 0
  }
  const running = await statusOrNull()
  if (running && request.options.api && running.api === '') {
    const message = `a director runs already, pid ${running.pid}, without --api; \`fullnat down\`, then \`fullnat up --api\` again`
    throw new Failure('already-running', message)
  }
  if (running) {
    io.out(`fullnat: already up, pid ${running.pid}\n`)
    return 0
  }
  needNetAdmin()
  await (await starting()).startInBackground(here.root, request.options)
  const started = await call<StatusView>('GET', '/status')
  io.out(
    `fullnat: up, pid ${started.pid}, ${carries(started)} through ${started.datapath}; state and log in ${started.stateFolder}\n`,
  )
  if (started.api) io.out(`fullnat: API and dashboard at ${started.api}\n`)
  io.err(warningLines(started))
  return 0
}

async function down(forget: boolean, here: Installation, io: Terminal): Promise<number> {
  const kept = forget ? ', and nothing is kept' : ''
  try {
    await call('POST', `/down?forget=${forget}`)
    io.out(`fullnat: down${kept}\n`)
  } catch (error) {
    if (!isNotRunning(error)) throw error
    const found = await (await starting()).clear(here, forget)
    io.out(`fullnat: no director runs here${found ? '; what a killed one left is given back' : ''}${kept}\n`)
  }
  return 0
}

async function status(json: boolean, io: Terminal): Promise<number> {
  const found = await statusOrNull()
  if (!found) {
    const folder = stateFolder()
    const saved = existsSync(join(folder, STATE_FILE)) ? `, with what was saved in ${folder}` : ''
    io.err(`fullnat: no director runs in this network namespace; \`fullnat up\` starts one${saved}\n`)
    return NOT_RUNNING
  }
  io.out(json ? `${JSON.stringify(found, null, 2)}\n` : page(found))
  return 0
}

async function statusOrNull(): Promise<StatusView | null> {
  try {
    return await call<StatusView>('GET', '/status')
  } catch (error) {
    if (isNotRunning(error)) return null
    throw error
  }
}
