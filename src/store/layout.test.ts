import assert from 'node:assert/strict'
import { test } from 'node:test'
import { emptyState } from '../model/state.js'
import { integrity } from './integrity.js'
import { layoutComplaint, upgraded } from './layout.js'
import * as shape from './shape.js'

/** As the first release wrote it: a service, a chain `web`, and a rule for the ports 80 to 90. */
const LAYOUT_1 = `{"layout":1,"revision":3,"nextId":103,"services":[{"id":100,"family":4,"protocol":"tcp",
"address":"192.0.2.45","port":80,"fwmark":0,"scheduler":"rr","schedulerFlags":0,"persistence":0,"persistenceMask":32,
"persistenceEngine":"","onePacket":false,"destinations":[]}],"nat":{"v4":{"family":4,"chains":[{"id":1,
"name":"PREROUTING","policy":"ACCEPT","rules":[]},{"id":2,"name":"INPUT","policy":"ACCEPT","rules":[]},{"id":3,
"name":"OUTPUT","policy":"ACCEPT","rules":[]},{"id":4,"name":"POSTROUTING","policy":"ACCEPT","rules":[{"protocol":
{"invert":false,"value":6},"source":null,"destination":null,"inInterface":null,"outInterface":null,"fragment":null,
"matches":[{"kind":"tcp","source":null,"destination":{"invert":false,"value":{"from":80,"to":90}}},{"kind":"comment",
"text":"tcp"}],"target":{"kind":"MASQUERADE","ports":null,"random":false,"randomFully":false},"id":102,"packets":3,
"bytes":180}]},{"id":101,"name":"web","policy":null,"rules":[]}]},"v6":{"family":6,"chains":[{"id":5,"name":
"PREROUTING","policy":"ACCEPT","rules":[]},{"id":6,"name":"INPUT","policy":"ACCEPT","rules":[]},{"id":7,"name":"OUTPUT",
"policy":"ACCEPT","rules":[]},{"id":8,"name":"POSTROUTING","policy":"ACCEPT","rules":[]}]}},"timeouts":{"tcp":900,
"tcpFin":120,"udp":300}}`

test('a file of layout 1 is read as today, with nothing lost', () => {
  const old = JSON.parse(LAYOUT_1)
  const state = upgraded(JSON.parse(LAYOUT_1)) as ReturnType<typeof emptyState>
  assert.equal(shape.state(state), '')
  assert.equal(integrity(state), '')
  assert.deepEqual(state.services, [{ ...old.services[0], health: null }])
  assert.deepEqual(state.timeouts, old.timeouts)
  assert.deepEqual([state.revision, state.nextId], [3, 103])
  assert.deepEqual(state.mangle, emptyState().mangle)
  assert.deepEqual(state.daemons, { master: null, backup: null })
  const [ruleNow, ruleThen] = [state, old].map(({ nat }) => nat.v4.chains[3].rules[0])
  assert.deepEqual(ruleNow.matches, [{ ...ruleThen.matches[0], flags: null, option: null }, ruleThen.matches[1]])
  assert.deepEqual({ ...ruleNow, matches: [] }, { ...ruleThen, matches: [] })
  assert.deepEqual(state.nat.v4.chains[4], old.nat.v4.chains[4])
  assert.deepEqual([state.nat.v4.name, state.nat.v6.name], ['nat', 'nat'])
})

test('an sctp match of layout 3 is for any chunks', () => {
  const old = JSON.parse(JSON.stringify({ ...(upgraded(JSON.parse(LAYOUT_1)) as object), layout: 3 }))
  const match = { kind: 'sctp', source: null, destination: { invert: false, value: { from: 80, to: 90 } } }
  old.nat.v4.chains[3].rules[0].matches = [match]
  const state = upgraded(old) as ReturnType<typeof emptyState>
  assert.equal(shape.state(state), '')
  assert.deepEqual(state.nat.v4.chains[3].rules[0].matches, [{ ...match, chunks: null }])
})

test('real servers of layout 5 are in service, and not checked', () => {
  const old = JSON.parse(JSON.stringify({ ...(upgraded(JSON.parse(LAYOUT_1)) as object), layout: 5 }))
  const tunnel = { type: 'ipip', port: 0, checksum: 'nocsum' }
  const server = {
    id: 99,
    address: '10.0.0.1',
    port: 80,
    method: 'masq',
    weight: 1,
    upperThreshold: 0,
    lowerThreshold: 0,
    tunnel,
  }
  delete old.alerts
  delete old.services[0].health
  old.services[0].destinations = [server]
  const state = upgraded(old) as ReturnType<typeof emptyState>
  assert.equal(shape.state(state), '')
  assert.deepEqual(state.alerts, emptyState().alerts)
  assert.deepEqual(state.services[0].destinations, [
    { ...server, admin: 'online', honourPersistence: true, checks: null },
  ])
})

test('what is no state of that layout is left for the checks to refuse', () => {
  for (const value of [null, 7, [], {}, { layout: 1 }, { layout: 1, nat: null }, { layout: 1, nat: { v4: 'x' } }])
    assert.notEqual(shape.state(upgraded(value)), '', JSON.stringify(value))
})

test('layouts that nobody here can read are named', () => {
  assert.match(layoutComplaint({ layout: 7 }), /a newer fullnat \(layout 7, this one reads 1 to 6\)/)
  assert.match(layoutComplaint({ layout: 0 }), /an older fullnat \(layout 0/)
  assert.equal(layoutComplaint(upgraded(JSON.parse(LAYOUT_1))), '')
})
