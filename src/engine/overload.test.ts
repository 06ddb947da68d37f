import assert from 'node:assert/strict'
import { test } from 'node:test'
import { tcp, udp } from '../../test/packets/build.js'
import { Rig } from '../../test/packets/rig.js'

const VIP = '198.51.100.45'
const WEB = '203.0.113.1:80'
const CAPACITY = 64

const syn = (port: number) => tcp({ from: `192.0.2.100:${port}`, to: `${VIP}:80`, flags: 'S' })

function balanced(...settings: string[]): Rig {
  const rig = new Rig({ capacity: CAPACITY })
  rig.run(
    `ipvsadm -A -t ${VIP}:80 -s rr`,
    `ipvsadm -a -t ${VIP}:80 -r ${WEB} -m`,
    `ipvsadm -A -u ${VIP}:80 -s rr -p 100`,
    `ipvsadm -a -u ${VIP}:80 -r ${WEB} -m`,
    `fullnat set ${settings.join(' ')}`,
  )
  return rig
}

const taken = (rig: Rig, count: number, from = 5000): number => {
  let sent = 0
  for (let port = from; port < from + count; port++) if (rig.send(syn(port))) sent++
  return sent
}

test('drop_packet 3: each so-many-th new connection is given up, its later packets are not', () => {
  const rig = balanced('drop_packet=3', 'am_droprate=4')
  assert.equal(taken(rig, 1), 0, 'the first, as in LVS')
  assert.equal(taken(rig, 3, 5001), 3)
  assert.equal(taken(rig, 16, 5004), 12)
  assert.equal(rig.drops().overload, 5)
  assert.equal(taken(rig, 1, 5001), 1, 'a known connection')
})

test('drop_packet automatic: nothing while there is room, the more the fuller the table', () => {
  const rig = balanced('drop_packet=1')
  assert.equal(taken(rig, 57), 57)
  rig.wait(1000)
  assert.equal(taken(rig, 16, 6000), 14, 'rate 8; the oldest that are half open make room')
  rig.wait(1000)
  assert.deepEqual(rig.drops(), { overload: 2, halfOpen: 7 })
  assert.equal(taken(rig, 8, 7000), 0)
  assert.equal(rig.drops().overload, 10, 'rate 1')
})

test('drop_entry 3: half-open connections and unconfirmed templates go, established ones stay', () => {
  const rig = balanced('drop_entry=3')
  taken(rig, 10)
  rig.send(udp({ from: '192.0.2.100:5000', to: `${VIP}:80`, payload: 'q' }))
  rig.send(syn(6000))
  rig.send(tcp({ from: WEB, to: '192.0.2.100:6000', flags: 'SA' }))
  rig.send(tcp({ from: '192.0.2.100:6000', to: `${VIP}:80`, flags: 'A' }))
  for (let i = 0; i < 55; i++) rig.wait(1000)
  const left = rig.list().map(({ state }) => state)
  assert.ok(left.includes('ESTABLISHED') && left.includes('UDP'), left.join())
  assert.ok(left.filter((state) => state === 'SYN_RECV').length < 10, left.join())
})

test('secure_tcp 3: the client’s word alone makes no connection', () => {
  const rig = balanced('secure_tcp=3')
  rig.send(syn(5000))
  const ack = tcp({ from: '192.0.2.100:5000', to: `${VIP}:80`, flags: 'A' })
  rig.send(ack)
  assert.equal(rig.list()[0].state, 'SYN_RECV')
  rig.run('fullnat set secure_tcp=0')
  rig.send(ack)
  assert.equal(rig.list()[0].state, 'ESTABLISHED')
})
