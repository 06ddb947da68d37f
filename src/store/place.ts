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
import {
  accessSync,
  constants,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  type Stats,
  statSync,
} from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { Failure } from '../failure/failure.js'

type Environment = Readonly<Record<string, string | undefined>>

const OWN_NAMESPACE = '/proc/self/ns/net'
/** Shown in the machine's own namespace alone (net/core/sysctl_net_core.c, net_core_table). */
const MACHINE_ALONE = '/proc/sys/net/core/netdev_max_backlog'
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
  if (existsSync(MACHINE_ALONE)) return { folder: lasting(environment), passing: false }
  const own = statSync(OWN_NAMESPACE)
  const name = nameOf(own)
  if (name !== undefined) return { folder: join(lasting(environment), 'netns', name), passing: false }
  return { folder: join(passing(environment), `netns-${own.ino}`), passing: true }
}

export const stateFolder = (environment: Environment = process.env): string => statePlace(environment).folder

/** Makes the place, and what it stands in if that is in a folder of everybody's. Failure('state-unreadable'). */
export function claimPlace({ folder, passing }: Place): void {
  if (passing) claim(dirname(folder))
  claim(folder)
}

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

/** The name that `ip netns` gave it. */
function nameOf({ dev, ino }: Stats): string | undefined {
  const names = existsSync(NAMED_NAMESPACES) ? readdirSync(NAMED_NAMESPACES) : []
  return names.find((name) => {
    const found = statSync(join(NAMED_NAMESPACES, name), { throwIfNoEntry: false })
    return found?.dev === dev && found.ino === ino
  })
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

/** Where a file is memory: it survives the process, not the machine. On a machine without such a place, with the state. */
export const memoryFolder = (): string =>
  isWritable('/dev/shm') ? `/dev/shm/fullnat-${outerUid()}` : join(stateFolder(), 'memory')

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
