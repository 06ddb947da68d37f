/**
 * Where the state of this network namespace lives, so that a director finds what its predecessor saved.
 *
 *   the machine's own namespace      /var/lib/fullnat
 *   a named one (ip netns add NAME)  /var/lib/fullnat/netns/NAME
 *   any other                        /run/fullnat/netns-INODE: gone with the machine, as the namespace is
 *
 * Where those are not writable (an ordinary user, or root of a user namespace only): XDG_STATE_HOME or
 * ~/.local/state, and XDG_RUNTIME_DIR or /tmp/fullnat-UID, in their stead. FULLNAT_STATE_DIR overrides all.
 */
import { accessSync, constants, existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { Failure } from '../failure/failure.js'

type Environment = Readonly<Record<string, string | undefined>>

const OWN_NAMESPACE = '/proc/self/ns/net'
const FIRST_NAMESPACE = '/proc/1/ns/net'
/** Its sysctls that no other namespace shows: for those who may not look at process 1. */
const FIRST_NAMESPACE_ALONE = '/proc/sys/net/core/netdev_max_backlog'
const NAMED_NAMESPACES = '/run/netns'

export const STATE_FILE = 'state.json'
export const LOG_FILE = 'director.log'

export interface Place {
  folder: string
  /** It is known by a number that a later namespace may get: what is in it may be of a dead one. */
  passing: boolean
}

export function statePlace(environment: Environment = process.env): Place {
  const override = environment.FULLNAT_STATE_DIR
  if (override) return { folder: resolve(override), passing: false }
  const own = namespaceOf(OWN_NAMESPACE)
  if (own === namespaceOf(FIRST_NAMESPACE) || existsSync(FIRST_NAMESPACE_ALONE)) {
    return { folder: lasting(environment), passing: false }
  }
  const name = own === null ? undefined : nameOf(own)
  if (name !== undefined) return { folder: join(lasting(environment), 'netns', name), passing: false }
  const inode = own?.split(':')[1] ?? 'unknown'
  return { folder: join(passing(environment), `netns-${inode}`), passing: true }
}

export const stateFolder = (environment: Environment = process.env): string => statePlace(environment).folder

/**
 * Makes a folder for its owner alone, if need be; in one of somebody else nothing is trusted.
 * Failure('state-unreadable').
 */
export function claim(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    const found = lstatSync(folder)
    if (found.isDirectory() && found.uid === process.getuid?.()) return
    throw new Error(found.isDirectory() ? `it belongs to user ${found.uid}` : 'it is no folder')
  } catch (error) {
    const message = `cannot keep state in ${folder}: ${(error as Error).message}`
    throw new Failure('state-unreadable', `${message}; name another folder in FULLNAT_STATE_DIR`)
  }
}

/** `DEVICE:INODE` of a namespace file; null where this user may not look (another's process). */
function namespaceOf(path: string): string | null {
  try {
    const { dev, ino } = statSync(path)
    return `${dev}:${ino}`
  } catch {
    return null
  }
}

function nameOf(own: string): string | undefined {
  try {
    return readdirSync(NAMED_NAMESPACES).find((name) => namespaceOf(join(NAMED_NAMESPACES, name)) === own)
  } catch {
    return undefined
  }
}

function lasting(environment: Environment): string {
  if (isWritable('/var/lib/fullnat')) return '/var/lib/fullnat'
  return join(environment.XDG_STATE_HOME || join(homedir(), '.local/state'), 'fullnat')
}

function passing(environment: Environment): string {
  if (isWritable('/run/fullnat')) return '/run/fullnat'
  const runtime = environment.XDG_RUNTIME_DIR
  return runtime && isWritable(runtime) ? join(runtime, 'fullnat') : `/tmp/fullnat-${outerUid()}`
}

/** Memory that is a file: survives the process, not the machine. */
export const memoryFolder = (): string => `/dev/shm/fullnat-${outerUid()}`

/** Whether a folder can be written, or made. */
function isWritable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' && isWritable(dirname(folder))
  }
}

/** The uid outside this user namespace: inside, every user is 0. Line: inside, outside, length. */
function outerUid(): number {
  const uid = process.getuid?.() ?? 0
  const lines = readFileSync('/proc/self/uid_map', 'utf8').trim().split('\n')
  for (const line of lines) {
    const [inside, outside, length] = line.trim().split(/\s+/).map(Number)
    if (uid >= inside && uid < inside + length) return outside + uid - inside
  }
  return uid
}
