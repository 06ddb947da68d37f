import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Built, sctp, tcp, udp } from '../../test/packets/build.js'
import { Rig, sourcePort } from '../../test/packets/rig.js'
import * as record from '../conn/record.js'
import { HEADER_WORDS } from '../conn/table.js'

const VIP = '198.51.100.45'
const SNAT = '192.0.2.10'
const WEB = '203.0.113.1:80'
const NOTHING = { connections: 0, active: [0], inactive: [0], persistent: [0], ports: 0 }

const SERVICE = [`ipvsadm -A -t ${VIP}:80 -s rr`, `ipvsadm -a -t ${VIP}:80 -r ${WEB} -m`]
const RULE = `iptables -t nat -A POSTROUTING -m ipvs --vaddr ${VIP} --vport 80 -j SNAT --to-source ${SNAT}`

const client = (flags: string, port = 5000, ttl = 64): Built =>
  tcp({ from: `192.0.2.100:${port}`, to: `${VIP}:80`, flags, ttl })
const web = (flags: string, port: number): Built => tcp({ from: WEB, to: `${SNAT}:${port}`, flags })

function balanced(options = {}): Rig {
  const rig = new Rig(options)
  rig.run(...SERVICE, RULE)
  return rig
}

/** A connection opened and closed by both sides: TIME_WAIT. */
function closed(rig: Rig): number {
  const port = sourcePort(rig.send(client('S'))!)
  rig.send(web('SA', port))
  rig.send(client('A'))
  rig.send(client('FA'))
  rig.send(web('FA', port))
  return port
}

test('the books through the life of a connection', () => {
  const rig = balanced()
  const port = sourcePort(rig.send(client('S'))!)
  const open = { connections: 1, active: [1], inactive: [0], persistent: [0], ports: 1 }
  assert.deepEqual(rig.books(), open)
  rig.send(web('SA', port))
  rig.send(client('A'))
  assert.deepEqual(rig.books(), open)
  rig.send(client('FA'))
  assert.deepEqual(rig.books(), { ...open, active: [0], inactive: [1] })
  rig.send(web('FA', port))
  assert.deepEqual(rig.books(), { ...open, active: [0], inactive: [1] })
  rig.wait(121_000)
  assert.deepEqual(rig.books(), NOTHING)
})

test('a SYN takes the place of a connection in TIME_WAIT or CLOSE, and of no other', () => {
  const rig = balanced()
  closed(rig)
  assert.equal(rig.list()[0].state, 'TIME_WAIT')
  rig.send(client('S'))
  assert.deepEqual(rig.books(), { connections: 1, active: [1], inactive: [0], persistent: [0], ports: 1 })
  assert.equal(rig.engine.services()[0].traffic.connections, 2)
  rig.send(client('S'))
  assert.equal(rig.list()[0].state, 'SYN_RECV')
  rig.books()
  assert.equal(rig.engine.services()[0].traffic.connections, 2)
  rig.send(web('RA', sourcePort(rig.send(client('S'))!)))
  assert.equal(rig.list()[0].state, 'CLOSE')
  rig.send(client('S'))
  rig.books()
  assert.equal(rig.engine.services()[0].traffic.connections, 3)
})

test('what ran out of hops opens nothing', () => {
  const rig = balanced()
  assert.ok(rig.send(client('S', 5000, 1)), 'the client is told')
  assert.deepEqual(rig.drops(), { ttlExceeded: 1 })
  assert.deepEqual(rig.books(), NOTHING)
  rig.send(client('S'))
  assert.ok(rig.send(client('A', 5000, 1)))
  rig.wait(100_000)
  assert.deepEqual(rig.books(), NOTHING)
})

test('a full table drops, says so, and recovers', () => {
  const rig = balanced({ capacity: 4 })
  for (let port = 5000; port < 5006; port++) rig.send(client('S', port))
  assert.deepEqual(rig.drops(), { tableFull: 2 })
  assert.deepEqual(rig.events, ['table-full'])
  assert.deepEqual(rig.books(), { connections: 4, active: [4], inactive: [0], persistent: [0], ports: 4 })
  rig.wait(61_000)
  assert.deepEqual(rig.books(), NOTHING)
  assert.ok(rig.send(client('S', 6000)))
})

test('a table full of templates says so too', () => {
  const rig = new Rig({ capacity: 2 })
  rig.run(`ipvsadm -A -t ${VIP}:80 -s rr -p 300`, `ipvsadm -a -t ${VIP}:80 -r ${WEB} -m`)
  rig.send(client('S'))
  assert.equal(rig.send(tcp({ from: '192.0.2.101:5000', to: `${VIP}:80`, flags: 'S' })), null)
  assert.deepEqual(rig.drops(), { tableFull: 1 })
  assert.deepEqual(rig.events, ['table-full'])
})

test('a pool run dry leaves nothing behind', () => {
  const rig = new Rig()
  rig.run(...SERVICE, RULE.replace('-m ipvs', '-p tcp -m ipvs').replace(SNAT, `${SNAT}:7000-7001`))
  for (let port = 5000; port < 5004; port++) rig.send(client('S', port))
  assert.deepEqual(rig.drops(), { poolDry: 2 })
  assert.deepEqual(rig.events, ['pool-dry'])
  assert.deepEqual(rig.books(), { connections: 2, active: [2], inactive: [0], persistent: [0], ports: 2 })
})

test('a restart takes over connections, counts and ports', () => {
  const rig = balanced()
  const port = sourcePort(rig.send(client('S'))!)
  rig.send(web('SA', port))
  rig.send(client('A'))
  rig.send(client('S', 5001))
  const next = rig.restart()
  assert.deepEqual(next.books(), rig.books())
  assert.equal(sourcePort(next.send(client('A'))!), port)
  assert.ok(next.send(web('A', port)))
  next.wait(1_000_000)
  assert.deepEqual(next.books(), NOTHING)
})

test('a connection whose time ran out while nobody looked is not taken over', () => {
  const rig = balanced()
  rig.send(client('S'))
  rig.nowMs += 61_000
  assert.deepEqual(rig.restart().books(), NOTHING)
})

test('connections without their service wait for it', () => {
  const rig = balanced()
  const port = sourcePort(rig.send(client('S'))!)
  rig.send(web('SA', port))
  rig.send(client('A'))
  const next = rig.restart(new Rig().state)
  assert.equal(next.books().connections, 1)
  assert.equal(next.send(client('A')), null)
  next.run(...SERVICE, RULE)
  assert.deepEqual(next.books(), { connections: 1, active: [1], inactive: [0], persistent: [0], ports: 1 })
  assert.equal(sourcePort(next.send(client('A'))!), port)
  next.wait(1_000_000)
  assert.deepEqual(next.books(), NOTHING)
})

test('connections of a service for every port are taken over whatever port its real servers name', () => {
  const rig = new Rig()
  rig.run(`ipvsadm -A -t ${VIP}:0 -s rr -p 300`, `ipvsadm -a -t ${VIP}:0 -r ${WEB} -m`)
  const ack = tcp({ from: '192.0.2.100:5000', to: `${VIP}:443`, flags: 'A' })
  rig.send(tcp({ from: '192.0.2.100:5000', to: `${VIP}:443`, flags: 'S' }))
  const next = rig.restart()
  assert.deepEqual(next.books(), rig.books())
  assert.ok(next.send(ack))
})

test('every protocol keeps its books', () => {
  const rig = new Rig()
  rig.run(
    `ipvsadm -A --sctp-service ${VIP}:80 -s rr`,
    `ipvsadm -a --sctp-service ${VIP}:80 -r ${WEB} -m`,
    `ipvsadm -A -u ${VIP}:80 -s rr`,
    `ipvsadm -a -u ${VIP}:80 -r ${WEB} -m`,
  )
  rig.send(sctp({ from: '192.0.2.100:5000', to: `${VIP}:80`, chunks: [1] }))
  rig.send(udp({ from: '192.0.2.100:5000', to: `${VIP}:80`, payload: 'q' }))
  assert.deepEqual(
    rig.list().map(({ protocol, template }) => [protocol, template]),
    [
      [132, false],
      [17, false],
    ],
  )
  assert.deepEqual(rig.restart().books(), rig.books())
  rig.wait(400_000)
  assert.deepEqual(rig.books(), { ...NOTHING })
})

test('a listing in pages has every connection once', () => {
  const rig = balanced({ capacity: 16_000 })
  for (let port = 5000; port < 6200; port++) rig.send(client('S', port))
  const ports = new Set(rig.list().map(({ clientPort }) => clientPort))
  assert.deepEqual([rig.list().length, ports.size], [1200, 1200])
  const { views, next } = rig.engine.connectionPage(0, rig.nowMs)
  assert.ok(views.length > 0 && views.length < 1200 && next > 0)
})

test('a connection whose controller was not taken over is controlled by nobody', () => {
  const rig = balanced()
  rig.send(client('S', 5000))
  rig.send(client('S', 5001))
  const words = new Int32Array(rig.memory)
  const [controller, child] = [HEADER_WORDS, HEADER_WORDS + record.RECORD_WORDS]
  words[child + record.CONTROL] = 1
  words[controller + record.EXPIRES] = record.toTick(rig.nowMs) - 1
  const next = rig.restart()
  assert.equal(next.books().connections, 1)
  const port = sourcePort(next.send(client('S', 5002))!) // in the place of the controller
  next.send(web('SA', port))
  next.send(client('A', 5002))
  next.wait(61_000)
  assert.equal(next.books().connections, 1, 'the child has ended')
  assert.equal(words[controller + record.CONTROLLED], 0)
})
