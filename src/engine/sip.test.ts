import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Built, udp } from '../../test/packets/build.js'
import { destinationPort, Rig, server, sourcePort } from '../../test/packets/rig.js'
import { v4, v6, type World } from '../../test/packets/world.js'

const service = (w: World, more = ''): string[] => [
  `ipvsadm -A -u ${w.vip(5060)} -s rr -p 60 --pe sip${more}`,
  ...[w.web1, w.web2].map((web) => `ipvsadm -a -u ${w.vip(5060)} -r ${web(5060)} -m`),
]

const invite = (id: string): string => `INVITE sip:x SIP/2.0\r\nCall-ID: ${id}\r\n\r\n`
const call = (w: World, port: number, id: string, from = w.client): Built =>
  udp({ from: from(port), to: w.vip(5060), payload: invite(id) })

function open(w: World, more = '', rig = new Rig()): Rig {
  rig.run(...service(w, more))
  return rig
}

for (const w of [v4, v6])
  test(`${w.name}: a call stays with its server, whoever sends and from whichever port`, () => {
    const rig = open(w)
    const first = server(rig.send(call(w, 5070, 'one@h'))!)
    const second = server(rig.send(call(w, 5071, 'two@h'))!)
    assert.notEqual(first, second)
    for (const from of [w.client, w.other])
      for (const port of [6000, 6001]) assert.equal(server(rig.send(call(w, port, 'one@h', from))!), first)
    assert.equal(server(rig.send(call(w, 6002, 'two@h'))!), second)
  })

test('templates are listed with the engine and the Call-ID, and the client that came first', () => {
  const rig = open(v4)
  rig.send(call(v4, 5070, 'one@h'))
  const [template] = rig.list().filter((each) => each.template)
  assert.deepEqual(
    [template.client, template.clientPort, template.engineName, template.engineData, template.virtualPort],
    ['192.0.2.100', 0, 'sip', 'one@h', 5060],
  )
  const [connection] = rig.list().filter((each) => !each.template)
  assert.deepEqual([connection.engineName, connection.engineData], ['', ''])
})

test('what has no Call-ID is dropped', () => {
  const rig = open(v4)
  assert.equal(
    rig.send(udp({ from: v4.client(5070), to: v4.vip(5060), payload: 'OPTIONS sip:x SIP/2.0\r\n\r\n' })),
    null,
  )
  assert.equal(rig.drops().unnamed, 1)
  assert.equal(rig.list().length, 0)
})

test('a call goes on after the director was started again; its text is given back in the end', () => {
  const rig = open(v4)
  const first = server(rig.send(call(v4, 5070, 'one@h'))!)
  rig.send(call(v4, 5071, 'two@h'))
  const next = rig.restart()
  assert.equal(server(next.send(call(v4, 6000, 'one@h'))!), first)
  assert.deepEqual(
    next
      .list()
      .filter((each) => each.template)
      .map((each) => each.engineData)
      .sort(),
    ['one@h', 'two@h'],
  )
  next.wait(500_000)
  assert.equal(next.list().length, 0)
  for (let i = 0; i < 200; i++) {
    assert.ok(next.send(call(v4, 7000 + (i % 8), `call-${i}`)), `${i}`)
    next.wait(500_000)
  }
})

test('one packet scheduling: each message by its Call-ID, nothing is remembered but templates', () => {
  const rig = open(v4, ' -o')
  const servers = ['one', 'two', 'one', 'two', 'one'].map((id) => server(rig.send(call(v4, 5070, id))!))
  assert.deepEqual(servers, [servers[0], servers[1], servers[0], servers[1], servers[0]])
  assert.notEqual(servers[0], servers[1])
  assert.ok(rig.list().every((each) => each.template))
})

test('a server that calls first: its packet comes from the VIP, and what the client answers goes to it', () => {
  const rig = open(v4)
  const out = rig.send(udp({ from: v4.web2(5060), to: v4.client(5080), payload: invite('three@h') }))!
  assert.deepEqual([sourcePort(out), destinationPort(out), out[15]], [5060, 5080, 45])
  assert.equal(server(rig.send(udp({ from: v4.client(5080), to: v4.vip(5060), payload: 'SIP/2.0 200 OK\r\n' }))!), 22)
  assert.equal(server(rig.send(call(v4, 5081, 'three@h'))!), 22)
  const other = udp({ from: v4.web2(5060), to: v4.other(9), payload: 'no SIP' })
  assert.deepEqual(rig.send(other), other.bytes, 'goes its own way')
})
