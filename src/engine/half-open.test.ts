import assert from 'node:assert/strict'
import { test } from 'node:test'
import { tcp } from '../../test/packets/build.js'
import { Rig } from '../../test/packets/rig.js'

const VIP = '198.51.100.45'
const WEB = '203.0.113.1:80'
const CLIENT = '192.0.2.100'
const BOUND = 1024

const syn = (n: number) => tcp({ from: `10.0.${n >> 8}.${n & 255}:5000`, to: `${VIP}:80`, flags: 'S' })

function balanced(capacity: number): Rig {
  const rig = new Rig({ capacity })
  rig.run(`ipvsadm -A -t ${VIP}:80 -s rr`, `ipvsadm -a -t ${VIP}:80 -r ${WEB} -m`)
  return rig
}

function handshake(rig: Rig, port: number): void {
  assert.ok(rig.send(tcp({ from: `${CLIENT}:${port}`, to: `${VIP}:80`, flags: 'S' })))
  assert.ok(rig.send(tcp({ from: WEB, to: `${CLIENT}:${port}`, flags: 'SA' })))
  assert.ok(rig.send(tcp({ from: `${CLIENT}:${port}`, to: `${VIP}:80`, flags: 'A' })))
}

const states = (rig: Rig) => {
  const all = rig.list().map(({ state }) => state)
  return {
    open: all.filter((state) => state === 'SYN_RECV').length,
    established: all.filter((s) => s === 'ESTABLISHED').length,
  }
}

test('a flood: so many half-open connections, the oldest goes first, and who has answered stays', () => {
  const rig = balanced(4096)
  handshake(rig, 6000)
  for (let n = 0; n < BOUND + 500; n++) assert.ok(rig.send(syn(n)))
  assert.deepEqual(states(rig), { open: BOUND, established: 1 })
  assert.equal(rig.drops().halfOpen, 500)
  assert.deepEqual(rig.events, ['half-open'], 'said once')
  assert.equal(rig.send(tcp({ from: '10.0.0.1:5000', to: `${VIP}:80`, flags: 'A' }))?.length, 40, 'the oldest: reset')
  assert.ok(
    rig.send(tcp({ from: `10.0.${(BOUND + 499) >> 8}.${(BOUND + 499) & 255}:5000`, to: `${VIP}:80`, flags: 'A' })),
  )
  assert.equal(states(rig).established, 2, 'the newest goes on')
})

test('a full table: the oldest that is half open makes room', () => {
  const rig = balanced(64)
  for (let n = 0; n < 10; n++) handshake(rig, 6000 + n)
  for (let n = 0; n < 54; n++) assert.ok(rig.send(syn(n)))
  assert.equal(rig.send(syn(54)), null, 'all too young')
  rig.wait(300)
  for (let n = 60; n < 100; n++) assert.ok(rig.send(syn(n)))
  assert.deepEqual(states(rig), { open: 54, established: 10 })
  assert.deepEqual(rig.drops(), { tableFull: 1, halfOpen: 40 })
})

test('a table full of connections that have answered is full', () => {
  const rig = balanced(64)
  for (let n = 0; n < 64; n++) handshake(rig, 6000 + n)
  assert.equal(rig.send(syn(1)), null)
  assert.deepEqual(rig.drops(), { tableFull: 1 })
})
