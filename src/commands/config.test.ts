import assert from 'node:assert/strict'
import { test } from 'node:test'
import { changed } from '../../test/packets/state.js'
import { Failure } from '../failure/failure.js'
import type { Desired } from '../model/desired.js'
import { emptyState, type State } from '../model/state.js'
import { apply } from './apply.js'
import { desiredOf } from './desired-of.js'

const LINES = [
  'ipvsadm -A -t 192.0.2.45:80 -s wrr',
  'ipvsadm -a -t 192.0.2.45:80 -r 192.0.2.21:80 -m -w 2',
  'ipvsadm -a -t 192.0.2.45:80 -r 192.0.2.22:80 -m',
  'ipvsadm -A -u 192.0.2.45:53 -s rr',
  'ipvsadm -a -u 192.0.2.45:53 -r 192.0.2.21:53 -m',
  'iptables -t nat -A POSTROUTING -m ipvs --vport 80 -j SNAT --to-source 192.0.2.10',
  'iptables -t nat -A POSTROUTING -m ipvs --vport 53 -j SNAT --to-source 192.0.2.11',
]
const state = (): State => LINES.reduce(changed, emptyState())
const applied = (before: State, desired: Desired) => apply(before, { kind: 'config.apply', desired })

test('what is as it was changes nothing: no revision', () => {
  const before = state()
  assert.equal(applied(before, desiredOf(before)), before)
})

test('what stays keeps its id and is the same object; what comes gets a new one', () => {
  const before = state()
  const desired = structuredClone(desiredOf(before))
  desired.services[0].destinations[0].weight = 7
  desired.services[0].destinations.splice(1, 1, { ...desired.services[0].destinations[1], address: '192.0.2.29' })
  const after = applied(before, desired)
  assert.equal(after.revision, before.revision + 1)
  assert.equal(after.services[1], before.services[1], 'the other service')
  assert.equal(after.nat, before.nat, 'the rules')
  const [old, now] = [before.services[0], after.services[0]]
  assert.equal(now.id, old.id)
  assert.deepEqual([now.destinations[0].id, now.destinations[0].weight], [old.destinations[0].id, 7])
  assert.equal(now.destinations[1].address, '192.0.2.29')
  assert.ok(now.destinations[1].id >= before.nextId)
})

test('rules that move go on counting; maintenance that is not spoken of stays', () => {
  const key = { address: '192.0.2.22', port: 80 }
  const before = apply(state(), {
    kind: 'destination.admin',
    service: null,
    key,
    admin: 'drain',
    honourPersistence: true,
  })
  const desired = structuredClone(desiredOf(before))
  const chain = desired.tables[0].chains.find(({ name }) => name === 'POSTROUTING')!
  chain.rules.reverse()
  for (const { destinations } of desired.services) for (const one of destinations) one.maintenance = null
  const after = applied(before, desired)
  const ids = (of: State) => of.nat.v4.chains.find(({ name }) => name === 'POSTROUTING')!.rules.map(({ id }) => id)
  assert.deepEqual(ids(after), ids(before).reverse())
  assert.equal(after.services[0].destinations[1].admin, 'drain')
})

test('one thing that cannot be: nothing is changed', () => {
  const before = state()
  for (const [break_, code] of [
    [(d: Desired) => d.services.push(d.services[0]), 'service-exists'],
    [(d: Desired) => d.services[0].destinations.push(d.services[0].destinations[0]), 'destination-exists'],
    [(d: Desired) => Object.assign(d.services[1].destinations[0], { address: '224.0.0.1' }), 'address-not-unicast'],
    [(d: Desired) => Object.assign(d.services[1], { scheduler: 'best' }), 'scheduler-missing'],
    [(d: Desired) => Object.assign(d.settings, { cache_bypass: 1 }), 'setting-fixed'],
    [(d: Desired) => d.tables[0].chains.shift(), 'bad-request'],
  ] as [(d: Desired) => void, string][]) {
    const desired = structuredClone(desiredOf(before))
    break_(desired)
    const frozen = JSON.stringify(before)
    assert.throws(
      () => applied(before, desired),
      (error) => error instanceof Failure && (error.code === code || code === 'setting-fixed'),
      code,
    )
    assert.equal(JSON.stringify(before), frozen)
  }
})
