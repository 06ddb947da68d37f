import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import * as fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Command } from '../commands/command.js'
import { Failure } from '../failure/failure.js'
import { Store } from './store.js'

const folderFor = (t: { after(clean: () => void): void }): string => {
  const folder = fs.mkdtempSync(join(tmpdir(), 'fullnat-store-'))
  t.after(() => fs.rmSync(folder, { recursive: true }))
  return folder
}

const add = (port: number): Command => ({
  kind: 'service.add',
  key: { family: 4, protocol: 'tcp', address: '192.0.2.45', port, fwmark: 0 },
  options: {
    scheduler: 'rr',
    schedulerFlags: 0,
    persistence: 0,
    persistenceMask: 32,
    persistenceEngine: '',
    onePacket: false,
  },
})

const ports = (store: Store) => store.state.services.map((service) => service.port)
const asideIn = (folder: string) => fs.readdirSync(folder).filter((name) => /^state-\d{4}-.*Z\.json$/.test(name))

test('a restart finds what was committed, and failures change nothing', (t) => {
  const folder = folderFor(t)
  const store = new Store(folder)
  assert.deepEqual(store.commit([add(80), add(443)]), [null, null])
  const [failure] = store.commit([add(80)])
  assert.equal(failure?.code, 'service-exists')
  const again = new Store(folder)
  assert.deepEqual(again.state, store.state)
  assert.deepEqual(again.notices, [])
  assert.deepEqual(ports(again), [80, 443])
})

test('the file before the last one is kept as backup', (t) => {
  const folder = folderFor(t)
  const store = new Store(folder)
  for (const port of [80, 81, 82]) store.commit([add(port)])
  const backup = JSON.parse(fs.readFileSync(join(folder, 'state.backup.json'), 'utf8'))
  assert.deepEqual(
    backup.services.map((service: { port: number }) => service.port),
    [80, 81],
  )
  assert.equal(fs.statSync(join(folder, 'state.json')).mode & 0o777, 0o600)
})

const unreadable: [string, (good: string) => string, RegExp][] = [
  ['cut short', (good) => good.slice(0, -9), /is no JSON/],
  ['empty', () => '', /is no JSON/],
  ['another shape', (good) => good.replace('"port":80', '"port":"80"'), /\.?services\[0\]\.port: not a whole number/],
  [
    'a newer layout',
    (good) => good.replace('"layout":6', '"layout":7'),
    /a newer fullnat \(layout 7, this one reads 1 to 6\)/,
  ],
  ['an older layout', (good) => good.replace('"layout":6', '"layout":0'), /an older fullnat \(layout 0/],
  ['a scheduler of the future', (good) => good.replace('"rr"', '"oracle"'), /there is no scheduler oracle/],
  ['an id given twice', (good) => good.replace('"id":101', '"id":100'), /id 100 is given twice/],
]

for (const [name, spoil, complaint] of unreadable) {
  test(`a state file that is unreadable (${name}) is set aside, the backup is taken`, (t) => {
    const folder = folderFor(t)
    const path = join(folder, 'state.json')
    const store = new Store(folder)
    for (const port of [80, 81, 82]) store.commit([add(port)])
    const spoilt = spoil(fs.readFileSync(path, 'utf8'))
    fs.writeFileSync(path, spoilt)
    const next = new Store(folder)
    assert.deepEqual(ports(next), [80, 81])
    assert.equal(next.notices.length, 1)
    assert.match(next.notices[0], complaint)
    const [aside] = asideIn(folder)
    assert.ok(next.notices[0].includes(join(folder, aside)), next.notices[0])
    assert.equal(fs.readFileSync(join(folder, aside), 'utf8'), spoilt)
    assert.deepEqual(new Store(folder).notices, [])
  })
}

test('a file of layout 1 is read: settings have their defaults', (t) => {
  const folder = folderFor(t)
  const path = join(folder, 'state.json')
  const store = new Store(folder)
  store.commit([add(80)])
  const { settings, ...older } = JSON.parse(fs.readFileSync(path, 'utf8'))
  fs.writeFileSync(path, JSON.stringify({ ...older, layout: 1 }))
  const next = new Store(folder)
  assert.deepEqual([next.notices, next.state], [[], store.state])
})

test('a setting that the file does not know has its default; one that nobody knows is damage', (t) => {
  const folder = folderFor(t)
  const path = join(folder, 'state.json')
  const store = new Store(folder)
  store.commit([{ kind: 'settings.set', settings: { drop_entry: '3' } }])
  const { drop_packet: _, ...settings } = store.state.settings
  fs.writeFileSync(path, JSON.stringify({ ...store.state, settings }))
  assert.deepEqual(new Store(folder).state, store.state)
  fs.writeFileSync(path, JSON.stringify({ ...store.state, settings: { ...settings, est_nice: 1 } }))
  assert.match(new Store(folder).notices[0], /settings\.est_nice: not known here/)
})

test('with no good backup it starts empty and says so; both files are set aside', (t) => {
  const folder = folderFor(t)
  const store = new Store(folder)
  for (const port of [80, 81]) store.commit([add(port)])
  fs.writeFileSync(join(folder, 'state.json'), '{')
  fs.writeFileSync(join(folder, 'state.backup.json'), '[]')
  const next = new Store(folder)
  assert.deepEqual(ports(next), [])
  assert.match(next.notices[0], /started with no services and no rules/)
  assert.equal(fs.readdirSync(folder).filter((name) => /^state\.backup-/.test(name)).length, 1)
  assert.equal(asideIn(folder).length, 1)
})

test('what cannot be saved was not made', (t) => {
  const folder = folderFor(t)
  const store = new Store(folder)
  store.commit([add(80)])
  fs.mkdirSync(join(folder, 'state.json.new'))
  const [failure] = store.commit([add(81)])
  assert.equal(failure?.code, 'internal')
  assert.match(failure.message, /cannot save .*state\.json.*nothing was changed/)
  assert.deepEqual(ports(store), [80])
  assert.deepEqual(ports(new Store(folder)), [80])
})

test('a folder that cannot be made is one clear failure', (t) => {
  const folder = folderFor(t)
  fs.writeFileSync(join(folder, 'file'), '')
  assert.throws(
    () => new Store(join(folder, 'file', 'state')),
    (error) =>
      error instanceof Failure && error.code === 'state-unreadable' && error.message.includes('FULLNAT_STATE_DIR'),
  )
})

test('forget leaves nothing to find', (t) => {
  const folder = folderFor(t)
  const store = new Store(folder)
  for (const port of [80, 81]) store.commit([add(port)])
  store.forget()
  assert.deepEqual(ports(new Store(folder)), [])
})

/** Commits until it is killed; prints each port once its commit has returned. */
const COMMITTER = `
const { Store } = await import(process.argv[1])
const { writeSync } = await import('node:fs')
const store = new Store(process.argv[2])
const add = ${JSON.stringify(add(0))}
for (let port = 1 + Math.max(0, ...store.state.services.map((s) => s.port)); ; port++) {
  const [failure] = store.commit([{ ...add, key: { ...add.key, port } }])
  if (failure) throw failure
  writeSync(1, port + '\\n')
}`

test('kill -9 at any moment: what was answered is there, and never a damaged file', async (t) => {
  const folder = folderFor(t)
  const module = new URL('./store.js', import.meta.url).href
  let answered = 0
  for (let round = 0; round < 12; round++) {
    const child = spawn(process.execPath, ['--input-type=module', '-e', COMMITTER, module, folder], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let text = ''
    for await (const part of child.stdout) {
      if (text === '') setTimeout(() => child.kill('SIGKILL'), 7 * round + 5)
      text += part
    }
    const last = Number(text.trimEnd().split('\n').at(-1))
    assert.ok(last > answered, 'it went on where it was killed')
    answered = last
    const store = new Store(folder)
    assert.deepEqual(store.notices, [])
    const found = ports(store)
    assert.ok(found.length === answered || found.length === answered + 1, `${found.length} for ${answered}`)
    assert.deepEqual(
      found,
      found.map((_, i) => i + 1),
    )
  }
})
