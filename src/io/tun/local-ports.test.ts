import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { type AddressInfo, connect, createServer } from 'node:net'
import { type TestContext, test } from 'node:test'
import { addWindow, localPorts } from './local-ports.js'

const has = (bits: Uint32Array, port: number): boolean => ((bits[port >>> 5] >>> (port & 31)) & 1) === 1

async function listener(t: TestContext, host: string): Promise<number> {
  const server = createServer().listen(0, host)
  t.after(() => server.close())
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

async function datagrams(t: TestContext, type: 'udp4' | 'udp6'): Promise<number> {
  const socket = createSocket(type).bind(0)
  t.after(() => socket.close())
  await once(socket, 'listening')
  return socket.address().port
}

test('ports of listening, connected and datagram sockets of both families', async (t) => {
  const [v4, v6] = [await listener(t, '127.0.0.1'), await listener(t, '::1')]
  const client = connect(v4, '127.0.0.1')
  await once(client, 'connect')
  t.after(() => client.destroy())
  const [udp4, udp6] = [await datagrams(t, 'udp4'), await datagrams(t, 'udp6')]
  const { tcp, udp } = localPorts((file) => readFileSync(file, 'utf8'))
  assert.deepEqual([tcp.length, udp.length], [2048, 2048])
  for (const port of [v4, v6, client.localPort!]) assert.ok(has(tcp, port), `tcp ${port}`)
  for (const port of [udp4, udp6]) assert.ok(has(udp, port), `udp ${port}`)
  assert.ok(!has(tcp, 0) && !has(udp, 0))
})

test('a port is free again when its socket is closed', async () => {
  const socket = createSocket('udp4').bind(0)
  await once(socket, 'listening')
  const { port } = socket.address()
  await new Promise<void>((done) => socket.close(done))
  assert.ok(!has(localPorts((file) => readFileSync(file, 'utf8')).udp, port))
})

test('a window adds its ports, first and last included, to both protocols', () => {
  const empty = { tcp: new Uint32Array(2048), udp: new Uint32Array(2048) }
  const { tcp, udp } = addWindow(empty, { from: 61_000, to: 65_535 })
  for (const bits of [tcp, udp]) {
    assert.deepEqual(
      [60_999, 61_000, 65_535].map((port) => has(bits, port)),
      [false, true, true],
    )
    assert.equal(
      bits.reduce((sum, word) => sum + word.toString(2).replaceAll('0', '').length, 0),
      4536,
    )
  }
})
