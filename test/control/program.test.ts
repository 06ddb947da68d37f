/** The programs in bin/, as processes, against a simulated director behind a real abstract socket. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import * as fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { test } from 'node:test'
import { world } from './world.js'

const ROOT = resolve(import.meta.dirname, '../../..')
const BIN = join(ROOT, 'bin')

interface Outcome {
  status: number | null
  stdout: string
  stderr: string
}

interface Way {
  /** The program's file; else that of its name in bin/. */
  path?: string
  stdin?: string
  cwd?: string
  env?: Record<string, string>
}

async function run(words: string | string[], way: Way = {}): Promise<Outcome> {
  const [name, ...argv] = typeof words === 'string' ? words.split(' ') : words
  const env = { ...process.env, ...way.env }
  const child = spawn(way.path ?? join(BIN, name), argv, { cwd: way.cwd ?? '/', env })
  child.stdin.end(way.stdin ?? '')
  const text = async (stream: AsyncIterable<Buffer>) => {
    const parts: Buffer[] = []
    for await (const part of stream) parts.push(part)
    return Buffer.concat(parts).toString()
  }
  const ended = new Promise<number | null>((done, fail) => child.on('close', done).on('error', fail))
  const [stdout, stderr, status] = await Promise.all([text(child.stdout), text(child.stderr), ended])
  return { status, stdout, stderr }
}

function temporary(t: { after(clean: () => void): void }): string {
  const folder = fs.mkdtempSync(join(tmpdir(), 'fullnat-program-'))
  t.after(() => fs.rmSync(folder, { recursive: true }))
  return folder
}

test("the article's commands answer as real LVS does", async (t) => {
  await world(t)
  const transcript = fs.readFileSync(join(ROOT, 'test/control/article.real'), 'utf8')
  let answered = ''
  for (const line of transcript.split('\n').filter((text) => text.startsWith('$ '))) {
    const { stdout, stderr } = await run(line.slice(2))
    answered += `${line}\n${stdout}${stderr}`
  }
  assert.equal(answered, transcript)
})

test('a program is its name, through links and from anywhere, and a word of fullnat', async (t) => {
  await world(t)
  const folder = temporary(t)
  assert.equal((await run('ipvsadm -A -t 192.0.2.45:80 -s rr')).status, 0)
  const saved = '-A -t 192.0.2.45:80 -s rr\n'
  const link = join(folder, 'ipvsadm-save')
  fs.symlinkSync(join(BIN, 'ipvsadm-save'), link)
  assert.deepEqual(await run('ipvsadm-save -n', { path: link, cwd: folder }), { status: 0, stdout: saved, stderr: '' })
  const renamed = join(folder, 'ipvsadm')
  fs.symlinkSync(join(BIN, 'fullnat'), renamed)
  assert.equal((await run('ipvsadm -S -n', { path: renamed })).stdout, saved)
  assert.equal((await run('fullnat ipvsadm -S -n')).stdout, saved)
  assert.equal((await run('fullnat ipvsadm-save -n')).stdout, saved)
  const other = join(folder, 'lvs')
  fs.symlinkSync(join(BIN, 'ipvsadm-save'), other)
  assert.equal((await run('lvs -n', { path: other })).stdout, saved)
})

test('standard input is read whole, and a reader that leaves is no failure', async (t) => {
  await world(t)
  const lines = ['-A -t 192.0.2.45:80 -s rr']
  for (let i = 1; i <= 250; i++) lines.push(`-a -t 192.0.2.45:80 -r 10.0.0.${i}:80 -m -w 1`)
  const stdin = `${lines.join('\n')}\n`
  assert.deepEqual(await run('ipvsadm-restore', { stdin }), { status: 0, stdout: '', stderr: '' })
  assert.equal((await run('ipvsadm-save -n')).stdout.split('\n').length, lines.length + 1)
  const first = await run(['sh', '-c', `${BIN}/ipvsadm -ln | head -1`], { path: '/bin/sh' })
  assert.deepEqual(first, { status: 0, stdout: 'IP Virtual Server version 1.2.1 (size=4096)\n', stderr: '' })
})

test('status and up of a director that runs; down of it', async (t) => {
  await world(t)
  await run('ipvsadm -A -t 192.0.2.45:80 -s rr')
  const page = await run('fullnat status')
  assert.equal(page.status, 0)
  assert.match(
    page.stdout,
    /^fullnat 0\.0\.0, pid \d+, up \d+ s\ndata path {4}simulated\ncarries {6}1 service with 0 real/,
  )
  assert.match(page.stdout, /\nwarning {6}virtual address 192\.0\.2\.45: on no interface here/)
  assert.equal(JSON.parse((await run('fullnat status --json')).stdout).services, 1)
  const up = await run('fullnat up')
  assert.deepEqual(up, { status: 0, stdout: `fullnat: already up, pid ${process.pid}\n`, stderr: '' })
  assert.deepEqual(await run('fullnat down'), { status: 0, stdout: 'fullnat: down\n', stderr: '' })
})

test('where no director runs, listings are empty and status says so', async () => {
  const env = { FULLNAT_SOCKET: `fullnat-nobody-${process.pid}` }
  const way = process.getuid!() === 0 ? { env } : { env, path: '/usr/bin/unshare' }
  const enter = (line: string) =>
    process.getuid!() === 0 ? line : ['unshare', '-Urn', ...line.replace(/^/, `${BIN}/`).split(' ')]
  const listed = await run(enter('ipvsadm -ln'), way)
  assert.deepEqual([listed.status, listed.stdout.split('\n').length, listed.stderr], [0, 4, ''])
  assert.deepEqual(await run('fullnat status', { env }), {
    status: 3,
    stdout: '',
    stderr: 'fullnat: no director runs in this network namespace; `fullnat up` starts one\n',
  })
})

test('who may not run a director is told in one line', async () => {
  const env = { FULLNAT_SOCKET: `fullnat-nobody-${process.pid}` }
  const without = (line: string) => [
    'setpriv',
    ...(process.getuid!() === 0 ? ['--bounding-set', '-net_admin'] : ['--no-new-privs']),
    ...line.replace(/^/, `${BIN}/`).split(' '),
  ]
  const way = { env, path: '/usr/bin/setpriv' }
  for (const line of ['fullnat up', 'ipvsadm -A -t 192.0.2.45:80', 'ipvsadm -ln']) {
    const { status, stdout, stderr } = await run(without(line), way)
    assert.ok(status !== 0 && stdout === '', line)
    assert.match(stderr, /^[^\n]*(it takes CAP_NET_ADMIN|Permission denied)[^\n]*\n/, line)
  }
})

test('a code cache that is missing, cut short or of another node is done without', async (t) => {
  await world(t)
  const folder = temporary(t)
  fs.cpSync(BIN, join(folder, 'bin'), { recursive: true })
  fs.mkdirSync(join(folder, 'dist'))
  fs.copyFileSync(join(ROOT, 'dist/cli.cjs'), join(folder, 'dist/cli.cjs'))
  const made = fs.readFileSync(join(ROOT, 'dist/cli.cjs.cache'))
  const foreign = Buffer.from(made)
  foreign.fill(0xa5, 4, 12) // V8's version and the source's length (SerializedCodeData, v8/src/snapshot/code-serializer.h)
  const path = join(folder, 'bin/ipvsadm')
  const listed = await run('ipvsadm -ln')
  assert.equal(listed.status, 0)
  for (const cache of [null, made, foreign, made.subarray(0, made.length >> 1), Buffer.alloc(0)]) {
    if (cache) fs.writeFileSync(join(folder, 'dist/cli.cjs.cache'), cache)
    assert.deepEqual(await run('ipvsadm -ln', { path }), listed)
  }
})

test("node's extra certificates are not read for a command", async (t) => {
  await world(t)
  const { status, stderr } = await run('ipvsadm -ln', { env: { NODE_EXTRA_CA_CERTS: '/nowhere' } })
  assert.deepEqual([status, stderr], [0, '']) // node would complain of the file
})

test('what is not built or not installed yet is said', async (t) => {
  const folder = temporary(t)
  fs.cpSync(BIN, join(folder, 'bin'), { recursive: true })
  const path = join(folder, 'bin/ipvsadm')
  const hint = `run \`npm ci && npm run build\` in ${folder}`
  assert.deepEqual(await run('ipvsadm -ln', { path }), {
    status: 1,
    stdout: '',
    stderr: `ipvsadm: fullnat is not built yet: ${hint}\n`,
  })
  fs.mkdirSync(join(folder, 'dist'))
  fs.copyFileSync(join(ROOT, 'dist/cli.cjs'), join(folder, 'dist/cli.cjs'))
  const { status, stderr } = await run('fullnat up --foreground', { path: join(folder, 'bin/fullnat') })
  assert.equal(status, 1)
  assert.ok(stderr.startsWith(`fullnat: a module is missing: ${hint}`), stderr)
})
