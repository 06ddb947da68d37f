import assert from 'node:assert/strict'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { test } from 'node:test'
import { Failure } from '../failure/failure.js'
import { peerCredentials } from './peer.js'

test('the credentials of whoever connected', async (t) => {
  const server = createServer().listen(`\0fullnat-peer-${process.pid}`)
  t.after(() => server.close())
  const client = connect(server.address() as string)
  const [socket] = (await once(server, 'connection')) as [Socket & { _handle: { fd: number } }]
  const expected = { pid: process.pid, uid: process.getuid!(), gid: process.getgid!() }
  assert.deepEqual(peerCredentials(socket._handle.fd), expected)
  client.destroy()
})

test('a descriptor that is no socket is a Failure', () => {
  const fd = openSync('/dev/null', 'r')
  assert.throws(
    () => peerCredentials(fd),
    (error) => error instanceof Failure && /ENOTSOCK/.test(error.message),
  )
  closeSync(fd)
})
