import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { test } from 'node:test'
import { listeners } from './listeners.js'

test('sockets that wait are found with their address, connected ones are not', async (t) => {
  const tcp = createServer().listen(0, '127.0.0.1')
  const any = createServer().listen(0, '::')
  const udp = createSocket('udp6').bind(0, '::1')
  await Promise.all([once(tcp, 'listening'), once(any, 'listening'), once(udp, 'listening')])
  t.after(() => {
    tcp.close()
    any.close()
    udp.close()
  })
  const found = listeners((file) => readFileSync(file, 'utf8'))
  const { port } = tcp.address() as AddressInfo
  assert.ok(found.has(`tcp 127.0.0.1 ${port}`))
  assert.ok(found.has(`tcp * ${(any.address() as AddressInfo).port}`))
  assert.ok(found.has(`udp ::1 ${udp.address().port}`))
  assert.ok(!found.has(`udp 127.0.0.1 ${port}`))
})

test('a connected socket waits for nobody', () => {
  const head = '  sl  local_address rem_address   st tx_queue rx_queue\n'
  const line = '   0: 0100007F:0050 0100007F:C350 01 00000000:00000000 00:00000000 00000000     0        0 1\n'
  assert.deepEqual(
    listeners((file) => (file === '/proc/net/tcp' ? head + line : '')),
    new Set(),
  )
})
