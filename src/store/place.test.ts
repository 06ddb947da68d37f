import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { statSync } from 'node:fs'
import { test } from 'node:test'
import { stateFolder } from './place.js'

const SCRIPT = 'const { stateFolder } = await import(process.argv[1]); console.log(stateFolder())'
const node = [process.execPath, '--input-type=module', '-e', SCRIPT, new URL('./place.js', import.meta.url).href]

/** The folder that a process sees which these words lead to; null where they may not. */
function seenBy(words: string[], environment: Record<string, string> = {}): string | null {
  const env = { PATH: process.env.PATH, HOME: '/home/someone', ...environment }
  const { status, stdout } = spawnSync(words[0], [...words.slice(1), ...node], { encoding: 'utf8', env })
  return status === 0 ? stdout.trim() : null
}

test('an environment variable goes before all, and is absolute', () => {
  assert.equal(stateFolder({ FULLNAT_STATE_DIR: '/somewhere' }), '/somewhere')
  assert.equal(stateFolder({ FULLNAT_STATE_DIR: 'here' }), `${process.cwd()}/here`)
})

const root = process.getuid!() === 0
const needsRoot = root ? false : 'only root makes named namespaces'

test('a named namespace has its place by its name', { skip: needsRoot }, (t) => {
  const name = `fnplace${process.pid}`
  assert.equal(spawnSync('ip', ['netns', 'add', name]).status, 0)
  t.after(() => spawnSync('ip', ['netns', 'delete', name]))
  assert.equal(seenBy(['ip', 'netns', 'exec', name]), `/var/lib/fullnat/netns/${name}`)
  assert.equal(seenBy(['nsenter', `--net=/run/netns/${name}`]), `/var/lib/fullnat/netns/${name}`)
})

test('a namespace without a name has a place that goes with it', { skip: needsRoot }, () => {
  assert.match(seenBy(['unshare', '--net'])!, /^\/run\/fullnat\/netns-\d+$/)
})

const user = spawnSync('unshare', ['--map-root-user', '--net', 'true']).status === 0
const noUser = user ? false : 'user namespaces are not allowed here'

test('root of a user namespace keeps to what is its own', { skip: noUser }, () => {
  const enter = ['unshare', '--map-root-user', '--net']
  if (root) enter.unshift('setpriv', '--reuid=65534', '--regid=65534', '--clear-groups')
  const uid = root ? 65_534 : process.getuid!()
  assert.match(seenBy(enter)!, new RegExp(`^/tmp/fullnat-${uid}/netns-\\d+$`))
  const runtime = '/dev/shm'
  assert.match(seenBy(enter, { XDG_RUNTIME_DIR: runtime })!, /^\/dev\/shm\/fullnat\/netns-\d+$/)
})

const first = statSync('/proc/sys/net/core/netdev_max_backlog', { throwIfNoEntry: false }) !== undefined

test('the machine itself: /var/lib for root, a folder of their own for others', {
  skip: !first && 'in a namespace',
}, () => {
  if (root) assert.equal(seenBy(['env']), '/var/lib/fullnat')
  const as = root ? ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'] : ['env']
  assert.equal(seenBy(as), '/home/someone/.local/state/fullnat')
  assert.equal(seenBy(as, { XDG_STATE_HOME: '/state' }), '/state/fullnat')
})
