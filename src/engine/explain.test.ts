import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parse } from '../../src/address/words.js'
import { tcp } from '../../test/packets/build.js'
import { Rig } from '../../test/packets/rig.js'

const VIP = '192.0.2.45'
const WEBS = ['203.0.113.1', '203.0.113.2', '203.0.113.3']
const CLIENT = '192.0.2.100'

function balanced(scheduler: string, ...words: string[]): Rig {
  const rig = new Rig({ capacity: 1024 })
  rig.run(
    [`ipvsadm -A -t ${VIP}:80 -s ${scheduler}`, ...words].join(' '),
    ...WEBS.map((web, i) => `ipvsadm -a -t ${VIP}:80 -r ${web}:80 -m -w ${i + 1}`),
    'iptables -t nat -A POSTROUTING -m ipvs --vport 80 -p tcp -j SNAT --to-source 192.0.2.10:5000-5400',
  )
  return rig
}

const ask = (rig: Rig, port: number, to = VIP, toPort = 80) =>
  rig.engine.explain(
    { protocol: 6, source: parse(CLIENT)!, sourcePort: port, destination: parse(to)!, destinationPort: toPort },
    rig.nowMs,
  )

const open = (rig: Rig, port: number) => rig.send(tcp({ from: `${CLIENT}:${port}`, to: `${VIP}:80`, flags: 'S' }))

const books = (rig: Rig) => JSON.stringify([rig.engine.services(), rig.engine.rules(), rig.engine.status(), rig.list()])

for (const scheduler of ['rr', 'wrr', 'lc', 'wlc', 'sed', 'nq', 'fo', 'ovf', 'sh', 'dh', 'mh', 'lblc', 'lblcr', 'twos'])
  test(`${scheduler}: what is foreseen is what happens, and foreseeing changes nothing`, () => {
    const rig = balanced(scheduler)
    for (let port = 6000; port < 6040; port++) {
      const before = books(rig)
      const { running, foreseen } = ask(rig, port)
      ask(rig, port + 1000)
      assert.deepEqual(ask(rig, port).foreseen, foreseen)
      assert.equal(books(rig), before)
      assert.equal(running, null)
      assert.equal(foreseen.reason, foreseen.destination === 0 ? 'noDestination' : 'none')
      open(rig, port)
      const now = ask(rig, port)
      assert.equal(now.running?.destination ?? 0, foreseen.destination)
      assert.equal(now.running?.view.sourcePort ?? 0, foreseen.source?.port ?? 0)
      assert.equal(now.running?.view.source ?? '', foreseen.source?.address ?? '')
    }
  })

test('a persistent client: the template chooses, and lives no longer for being looked at', () => {
  const rig = balanced('rr', '-p 60')
  assert.equal(ask(rig, 6000).foreseen.template, null)
  open(rig, 6000)
  rig.nowMs += 10_000
  const before = books(rig)
  const { template, destination } = ask(rig, 6001).foreseen
  assert.equal(template?.client, CLIENT)
  assert.equal(destination, ask(rig, 6000).running?.destination)
  assert.equal(books(rig), before)
})

test('why not: no service, no server, a dry pool, a rule, each as the packet finds it', () => {
  const rig = balanced('rr')
  assert.equal(ask(rig, 6000, '192.0.2.46').foreseen.service, null)
  for (const web of WEBS) rig.run(`ipvsadm -e -t ${VIP}:80 -r ${web}:80 -m -w 0`)
  assert.equal(ask(rig, 6000).foreseen.reason, 'noDestination')
  assert.deepEqual(
    ask(rig, 6000).foreseen.candidates.map(({ weight }) => weight),
    [0, 0, 0],
  )
  rig.run(`ipvsadm -e -t ${VIP}:80 -r ${WEBS[0]}:80 -m -w 1`)
  for (let port = 5000; port <= 5400; port++) open(rig, port)
  const dry = ask(rig, 6000)
  assert.equal(dry.foreseen.reason, 'poolDry')
  assert.match(dry.foreseen.source!.pool, /POSTROUTING rule 1/)
  rig.run('iptables -t mangle -A PREROUTING -p tcp --sport 6001 -j DROP')
  assert.equal(ask(rig, 6001).foreseen.reason, 'ruleDrop')
})

test('what was dropped of a connection is remembered, with the reason', () => {
  const rig = balanced('rr')
  for (const web of WEBS) rig.run(`ipvsadm -e -t ${VIP}:80 -r ${web}:80 -m -w 0`)
  open(rig, 6000)
  open(rig, 6000)
  open(rig, 6001)
  rig.nowMs += 2000
  const [drop, ...more] = ask(rig, 6000).drops
  assert.deepEqual(more, [])
  assert.equal(drop.reason, 'noDestination')
  assert.equal(drop.times, 2)
  assert.ok(drop.agoMs >= 1984 && drop.agoMs <= 2016)
  assert.deepEqual(
    rig.engine.failures(60_000, rig.nowMs).map(({ sourcePort }) => sourcePort),
    [6001, 6000],
  )
  assert.deepEqual(rig.engine.failures(1000, rig.nowMs), [])
})

test('a handshake that never ended is remembered, one that did is not', () => {
  const rig = balanced('rr')
  open(rig, 6000)
  open(rig, 6001)
  const port = rig.list().find(({ clientPort }) => clientPort === 6001)!.sourcePort
  const web = rig.list().find(({ clientPort }) => clientPort === 6001)!.destination
  rig.send(tcp({ from: `${web}:80`, to: `192.0.2.10:${port}`, flags: 'SA' }))
  rig.send(tcp({ from: `${CLIENT}:6001`, to: `${VIP}:80`, flags: 'A' }))
  for (let i = 0; i < 62; i++) rig.wait(1000)
  const [failure, ...more] = ask(rig, 6000).drops
  assert.deepEqual([failure.reason, failure.times, more.length], ['unanswered', 1, 0])
  assert.deepEqual(ask(rig, 6001).drops, [])
  assert.deepEqual(rig.drops(), {}, 'no packet was dropped')
})
