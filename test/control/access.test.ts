import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { connect } from 'node:net'
import { test } from 'node:test'
import { call } from '../../src/api/client.js'
import type { CommandResult, StatusView } from '../../src/api/routes.js'
import { socketPath } from '../../src/api/socket-name.js'
import { Failure } from '../../src/failure/failure.js'
import { addDestination, addService, serviceKey } from './command.js'
import { world } from './world.js'

const failsWith = (code: string, message: RegExp) => (error: unknown) =>
  error instanceof Failure && error.code === code && message.test(error.message)

/** What the director answers to these bytes, whole. */
const raw = (bytes: string): Promise<string> =>
  new Promise((resolve) => {
    let text = ''
    const socket = connect(socketPath())
    socket.on('data', (part) => {
      text += part
    })
    socket.on('error', () => {})
    socket.on('close', () => resolve(text))
    socket.write(bytes)
  })

test('another user is refused whatever it sends; root and the own user are not', async (t) => {
  let uid = 12_345
  await world(t, { uidOf: () => uid })
  const refused = failsWith('permission', /only root and the user who runs the director/)
  await assert.rejects(call('GET', '/status'), refused)
  await assert.rejects(call('POST', '/commands', [addService()]), refused)
  assert.match(await raw(''), /^HTTP\/1\.1 403 Forbidden\r\n/)
  uid = 0
  assert.equal((await call<StatusView>('GET', '/status')).services, 0)
  uid = process.geteuid!()
  assert.equal((await call<StatusView>('GET', '/status')).services, 0)
})

const needsRoot = process.geteuid!() === 0 ? false : 'only root can be someone else'

test('the kernel says who asks: a process of another user', { skip: needsRoot }, async (t) => {
  await world(t)
  const script = `
    const socket = require('node:net').connect(('\\0' + process.env.FULLNAT_SOCKET).padEnd(108, '\\0'))
    socket.on('data', (part) => process.stdout.write(part))
    socket.on('error', () => {})
    socket.write('GET /status HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n')`
  const child = spawn(process.execPath, ['-e', script], { uid: 65_534, gid: 65_534, cwd: '/' })
  let text = ''
  for await (const part of child.stdout) text += part
  assert.match(text, /^HTTP\/1\.1 403 Forbidden\r\n/)
  assert.equal((await call<StatusView>('GET', '/status')).pid, process.pid)
})

test('a request that is wrong is told where', async (t) => {
  await world(t)
  const add = addService()
  const wrong: [unknown, RegExp][] = [
    [{}, /^commands: not a list/],
    [[null], /^commands\[0\]\.kind: not known here/],
    [[add, { ...add, kind: 'service.bless' }], /^commands\[1\]\.kind: not known here/],
    [
      [{ ...add, key: { ...serviceKey(), port: 65_536 } }],
      /^commands\[0\]\.key\.port: not a whole number from 0 to 65535/,
    ],
    [
      [{ ...add, key: { ...serviceKey(), address: '192.0.2.045' } }],
      /key\.address: not an address in its canonical form/,
    ],
    [[{ ...add, key: { ...serviceKey(), address: '2001:db8::1' } }], /key: neither a firewall mark alone nor/],
    [[{ ...add, key: { ...serviceKey(), fwmark: 3 } }], /key: neither a firewall mark alone nor/],
    [[{ ...add, colour: 'red' }], /^commands\[0\]\.colour: not known here/],
    [[{ ...addDestination(), options: {} }], /^commands\[0\]\.options\.method: not one of masq, gate, tunnel/],
  ]
  for (const [body, message] of wrong) {
    await assert.rejects(call('POST', '/commands', body), failsWith('bad-request', message), JSON.stringify(body))
  }
  await assert.rejects(call('GET', '/table?name=nat&family=5'), failsWith('bad-request', /family is neither 4 nor 6/))
  assert.match(await raw('POST /commands HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n{'), /400 [\s\S]*is no JSON/)
  assert.match(
    await raw('GET /nothing HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'),
    /404 [\s\S]*there is no \/nothing here/,
  )
})

test('a body is bounded', async (t) => {
  await world(t)
  const tooLong = 'POST /commands HTTP/1.1\r\nHost: x\r\nContent-Length: 999999999\r\n\r\n'
  assert.match(await raw(tooLong), /^HTTP\/1\.1 400 [\s\S]*Content-Length of at most 134217728/)
  const unsaid = 'POST /commands HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n'
  assert.match(await raw(unsaid), /^HTTP\/1\.1 400 /)
  assert.equal((await call<StatusView>('GET', '/status')).services, 0)
})

test('failures carry the status of their kind', async (t) => {
  await world(t)
  const post = (body: unknown) => {
    const text = JSON.stringify(body)
    return raw(`POST /commands HTTP/1.1\r\nHost: x\r\nContent-Length: ${text.length}\r\n\r\n${text}`)
  }
  assert.match(await post([addService()]), /^HTTP\/1\.1 200 /)
  const [result] = await call<CommandResult[]>('POST', '/commands', [addService()])
  assert.ok(!result.ok && result.failure.code === 'service-exists')
})
