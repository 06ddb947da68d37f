/** Two engines, the second hears what the first has to tell; their messages are written and read in between. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { tcp, udp } from '../../test/packets/build.js'
import { destinationPort, Rig, server, sourcePort } from '../../test/packets/rig.js'
import { parse } from '../address/words.js'
import { decode, encode } from '../sync/message.js'
import type { AdoptCounts, SyncEntry } from './data-plane.js'

const CLIENT = '192.0.2.100:40000'
const VIP = '198.51.100.45:80'
const WEB = '203.0.113.1:8080'
const SERVICE = ['ipvsadm -A -t 198.51.100.45:80 -s rr', `ipvsadm -a -t 198.51.100.45:80 -r ${WEB} -m`]
const SNAT =
  'iptables -t nat -A POSTROUTING -p tcp -m ipvs --vaddr 198.51.100.45/32 -j SNAT --to-source 192.0.2.10:5000-5999'

function rig(...lines: string[]): Rig {
  const made = new Rig()
  made.run(...lines)
  return made
}

/** What is due, by way of a message. */
function told(from: Rig): SyncEntry[] {
  const { entries } = from.engine.dueConnections(0)
  return encode(1, entries, 1472).flatMap((message) => decode(message)!.entries)
}

const hear = (rig: Rig, entries: SyncEntry[]): AdoptCounts => rig.engine.adoptConnections(entries, rig.nowMs)

/** A connection to VIP, established by its third packet; what its real server saw as source port. */
function establish(rig: Rig, from = CLIENT, to = VIP): number {
  const syn = rig.send(tcp({ from, to, flags: 'S' }))!
  const source = sourcePort(syn)
  rig.send(tcp({ from: WEB, to: `192.0.2.10:${source}`, flags: 'SA' }))
  for (let i = 0; i < 2; i++) rig.send(tcp({ from, to, flags: 'A' }))
  return source
}

test('a connection with a translated source goes on, both ways, and its port is no longer free', () => {
  const [first, second] = [rig(...SERVICE, SNAT), rig(...SERVICE, SNAT)]
  const source = establish(first)
  assert.deepEqual(hear(second, told(first)), { taken: 1, refused: 0 })
  assert.deepEqual(second.list(), first.list())
  assert.deepEqual({ ...second.books() }, { connections: 1, active: [1], inactive: [0], persistent: [0], ports: 1 })
  const request = second.send(tcp({ from: CLIENT, to: VIP, flags: 'A' }))!
  assert.deepEqual([server(request), destinationPort(request), sourcePort(request)], [1, 8080, source])
  const reply = second.send(tcp({ from: WEB, to: `192.0.2.10:${source}`, flags: 'A' }))!
  assert.deepEqual([sourcePort(reply), destinationPort(reply)], [80, 40000])
  assert.notEqual(establish(second, '192.0.2.101:40000'), source)
})

test('a connection is told at its third packet, each fifty more, and when it closes', () => {
  const first = rig(...SERVICE)
  const send = (flags: string, count = 1) => {
    for (let i = 0; i < count; i++) first.send(tcp({ from: CLIENT, to: VIP, flags }))
  }
  send('S')
  first.send(tcp({ from: WEB, to: CLIENT, flags: 'SA' }))
  send('A')
  assert.equal(told(first).length, 0, 'two packets')
  send('A')
  assert.equal(told(first).length, 1, 'three')
  send('A', 49)
  assert.equal(told(first).length, 0, '52')
  send('A')
  assert.equal(told(first).length, 1, '53')
  send('FA')
  assert.deepEqual(
    told(first).map(({ state, inactive }) => [state, inactive]),
    [[7, true]],
  )
  assert.equal(told(first).length, 0, 'once')
})

test("sync_threshold, sync_period 0 and sync_refresh_period are the kernel's", () => {
  const first = rig(...SERVICE)
  const settings = (values: Record<string, unknown>) =>
    first.install({ ...first.state, settings: { ...first.state.settings, ...values } as never })
  settings({ sync_threshold: [5, 0] })
  establish(first)
  const send = () => first.send(tcp({ from: CLIENT, to: VIP, flags: 'A' }))
  assert.equal(told(first).length, 0)
  send()
  send()
  assert.equal(told(first).length, 1, 'the fifth')
  for (let i = 0; i < 100; i++) send()
  assert.equal(told(first).length, 0, 'once')
  settings({ sync_threshold: [0, 0], sync_refresh_period: 60 })
  first.wait(59_000)
  send()
  assert.equal(told(first).length, 0, 'its end has moved by 59 s')
  first.wait(2000)
  send()
  assert.equal(told(first).length, 1, 'by 61 s')
})

test('a slow connection is told again in time', () => {
  const [first, second] = [rig(...SERVICE), rig(...SERVICE)]
  establish(first)
  hear(second, told(first))
  for (let minutes = 0; minutes < 30; minutes++) {
    for (const one of [first, second]) one.wait(60_000)
    first.send(tcp({ from: CLIENT, to: VIP, flags: 'A' }))
    hear(second, told(first))
  }
  assert.equal(second.list().length, 1)
})

test('what was heard is not told again, until its packets come here', () => {
  const [first, second] = [rig(...SERVICE), rig(...SERVICE)]
  establish(first)
  hear(second, told(first))
  assert.deepEqual(told(second), [])
  for (let i = 0; i < 50; i++) second.send(tcp({ from: CLIENT, to: VIP, flags: 'A' }))
  assert.equal(told(second).length, 1)
})

test('a later word renews: state, counts, timer', () => {
  const [first, second] = [rig(...SERVICE), rig(...SERVICE)]
  establish(first)
  hear(second, told(first))
  first.send(tcp({ from: CLIENT, to: VIP, flags: 'FA' }))
  hear(second, told(first))
  assert.deepEqual(
    second.list().map(({ state, expiresMs }) => [state, expiresMs]),
    [['CLOSE_WAIT', 60_000]],
  )
  assert.deepEqual([second.books().active, second.books().inactive], [[0], [1]])
  second.wait(61_000)
  assert.deepEqual(second.books(), { connections: 0, active: [0], inactive: [0], persistent: [0], ports: 0 })
})

test('another real server wins, but for a word of its end', () => {
  const [first, second] = [rig(...SERVICE), rig(...SERVICE, 'ipvsadm -a -t 198.51.100.45:80 -r 203.0.113.2:8080 -m')]
  establish(first)
  const [entry] = told(first)
  const other = { ...entry, real: parse('203.0.113.2')! }
  hear(second, [entry])
  assert.deepEqual(hear(second, [{ ...other, inactive: true, state: 4 }]), { taken: 1, refused: 0 })
  assert.equal(second.list()[0].destination, '203.0.113.1')
  hear(second, [other])
  assert.deepEqual(
    second.list().map(({ destination }) => destination),
    ['203.0.113.2'],
  )
  assert.deepEqual(second.books().active, [1, 0])
})

test('a source that is taken is refused, and leaves nothing behind', () => {
  const [first, second] = [rig(...SERVICE, SNAT), rig(...SERVICE, SNAT)]
  establish(first)
  establish(second, '192.0.2.101:40000')
  const before = second.books()
  assert.deepEqual(hear(second, told(first)), { taken: 0, refused: 1 })
  assert.deepEqual(second.books(), before)
})

test('a connection that is here stays when what would replace it is refused', () => {
  const one = rig(...SERVICE, SNAT)
  establish(one)
  const source = establish(one, '192.0.2.101:40000')
  const entry = told(one).find(({ client }) => `${client}` === `${parse('192.0.2.100')}`)!
  const sources = () => one.list().map(({ sourcePort }) => sourcePort)
  const before = [one.books(), sources()]
  const other = { ...entry, source: { ...entry.source!, port: source } }
  assert.deepEqual(hear(one, [other]), { taken: 0, refused: 1 })
  assert.deepEqual([one.books(), sources()], before)
})

test('what could not be told is told again', () => {
  const first = rig(...SERVICE)
  establish(first)
  establish(first, '192.0.2.101:40000')
  const page = first.engine.dueConnections(0)
  assert.equal(page.entries.length, 2)
  first.engine.retellConnections(page.handles.slice(0, 1))
  assert.equal(told(first).length, 1)
  assert.equal(told(first).length, 0)
})

test('without its service it waits, and is bound when the service comes', () => {
  const [first, second] = [rig(...SERVICE), rig()]
  establish(first)
  assert.equal(hear(second, told(first)).taken, 1)
  assert.equal(second.send(tcp({ from: CLIENT, to: VIP, flags: 'A' })), null)
  second.run(...SERVICE)
  assert.deepEqual(second.books().active, [1])
  assert.equal(server(second.send(tcp({ from: CLIENT, to: VIP, flags: 'A' }))!), 1)
})

for (const [method, flag] of [
  ['gate', '-g'],
  ['tunnel', '-i'],
]) {
  test(`by ${method}: the packet goes to the same real server`, () => {
    const lines = ['ipvsadm -A -u 198.51.100.45:53 -s rr']
    for (const n of [1, 2]) lines.push(`ipvsadm -a -u 198.51.100.45:53 -r 203.0.113.${n} ${flag}`)
    const [first, second] = [rig(...lines), rig(...lines)]
    const query = () => udp({ from: '192.0.2.100:40000', to: '198.51.100.45:53' })
    for (let i = 0; i < 3; i++) first.send(query())
    assert.deepEqual(hear(second, told(first)), { taken: 1, refused: 0 })
    assert.deepEqual(second.list(), first.list())
    assert.ok(second.send(query()))
    assert.equal(second.list().length, 1)
  })
}

test('templates keep clients at their real server, and sync_persist_mode tells them alone', () => {
  const lines = [
    'ipvsadm -A -t 198.51.100.45:80 -s rr -p 300',
    'ipvsadm -a -t 198.51.100.45:80 -r 203.0.113.2:8080 -m',
    `ipvsadm -a -t 198.51.100.45:80 -r ${WEB} -m`,
  ]
  const [first, second] = [rig(...lines), rig(...lines)]
  const { settings } = first.state
  first.install({ ...first.state, settings: { ...settings, sync_persist_mode: 1 } })
  establish(first)
  const entries = told(first)
  assert.deepEqual(
    entries.map(({ template, state, timeoutS }) => [template, state, timeoutS]),
    [[true, 1, 300]],
  )
  second.send(tcp({ from: '192.0.2.1:1', to: VIP, flags: 'S' })) // the round is at the other one
  hear(second, entries)
  second.wait(1000)
  assert.equal(server(second.send(tcp({ from: '192.0.2.100:2', to: VIP, flags: 'S' }))!), 1)
  assert.deepEqual(told(second).filter(({ template }) => template).length, 2)
})

test('what makes no sense here is refused', () => {
  const [first, second] = [rig(...SERVICE), rig(...SERVICE)]
  establish(first)
  const [entry] = told(first)
  const wrong = [{ protocol: 50 }, { state: 11 }, { protocol: 17, state: 1 }, { protocol: 132, state: 14 }]
  assert.deepEqual(
    hear(
      second,
      wrong.map((part) => ({ ...entry, ...part })),
    ),
    { taken: 0, refused: 4 },
  )
  assert.equal(second.list().length, 0)
})

test('without a time an entry lives as long as its state', () => {
  const [first, second] = [rig(...SERVICE), rig(...SERVICE)]
  establish(first)
  hear(
    second,
    told(first).map((entry) => ({ ...entry, timeoutS: 0 })),
  )
  assert.equal(second.list()[0].expiresMs, 900_000)
})

test('a full table refuses', () => {
  const first = rig(...SERVICE)
  for (let i = 0; i < 3; i++) establish(first, `192.0.2.100:${40000 + i}`)
  const small = new Rig({ capacity: 2 })
  small.run(...SERVICE)
  assert.deepEqual(hear(small, told(first)), { taken: 2, refused: 1 })
})

test('with backup_only a director that hears leaves clients to the host, and carries on when it hears no more', () => {
  const second = rig(...SERVICE)
  const packet = () => tcp({ from: CLIENT, to: VIP, flags: 'S' })
  const daemon = { interface: 'eth0', syncId: 0, maxLength: 1472, group: '224.0.0.81', port: 8848, ttl: 1 }
  const { settings } = second.state
  second.install({
    ...second.state,
    settings: { ...settings, backup_only: 1 },
    daemons: { master: null, backup: daemon },
  })
  assert.deepEqual(second.send(packet()), packet().bytes)
  assert.equal(second.list().length, 0)
  second.install({ ...second.state, daemons: { master: null, backup: null } })
  assert.equal(server(second.send(packet())!), 1)
})

test('what was told before a restart is not told again by it', () => {
  const first = rig(...SERVICE)
  establish(first)
  assert.equal(told(first).length, 1)
  const next = first.restart()
  assert.equal(told(next).length, 0)
  for (let i = 0; i < 50; i++) next.send(tcp({ from: CLIENT, to: VIP, flags: 'A' }))
  assert.equal(told(next).length, 1)
})
