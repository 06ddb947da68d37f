import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Failure } from '../failure/failure.js'
import type { Destination, ServiceKey, ServiceOptions } from '../model/service.js'
import { emptyState, type State } from '../model/state.js'
import { apply, applyAll } from './apply.js'
import type { Command, DestinationOptions } from './command.js'

const key = (address = '10.0.0.1', port = 80): ServiceKey => ({
  family: address.includes(':') ? 6 : 4,
  protocol: 'tcp',
  address,
  port,
  fwmark: 0,
})

const options = (changes: Partial<ServiceOptions> = {}): ServiceOptions => ({
  scheduler: 'rr',
  schedulerFlags: 0,
  persistence: 0,
  persistenceMask: 32,
  persistenceEngine: '',
  onePacket: false,
  ...changes,
})

const target = (changes: Partial<DestinationOptions> = {}): DestinationOptions => ({
  method: 'masq',
  weight: 1,
  upperThreshold: 0,
  lowerThreshold: 0,
  tunnel: { type: 'ipip', port: 0, checksum: 'nocsum' },
  ...changes,
})

const add = (service = key(), changes: Partial<ServiceOptions> = {}): Command => ({
  kind: 'service.add',
  key: service,
  options: options(changes),
})

const addTo = (address: string, changes: Partial<DestinationOptions> = {}, service = key()): Command => ({
  kind: 'destination.add',
  service,
  key: { address, port: 80 },
  options: target(changes),
})

const run = (...commands: Command[]): State => commands.reduce(apply, emptyState())

const code = (state: State, command: Command): string => {
  try {
    apply(state, command)
  } catch (error) {
    assert.ok(error instanceof Failure)
    return error.code
  }
  return 'applied'
}

const addresses = (state: State): string[] => state.services[0].destinations.map((d: Destination) => d.address)

test('services and destinations are added in order, each with an id of its own', () => {
  const state = run(add(), addTo('10.0.0.2'), addTo('10.0.0.3'), add(key('10.0.0.9')))
  assert.deepEqual(addresses(state), ['10.0.0.2', '10.0.0.3'])
  const ids = state.services.flatMap((s) => [s.id, ...s.destinations.map((d) => d.id)])
  assert.deepEqual(ids, [100, 101, 102, 103])
  assert.equal(state.nextId, 104)
  assert.equal(state.revision, 4)
})

test('the state given stays as it was, and what did not change is shared', () => {
  const before = run(add(), addTo('10.0.0.2'), add(key('10.0.0.9')))
  const copy = structuredClone(before)
  const after = apply(before, addTo('10.0.0.3'))
  assert.deepEqual(before, copy)
  assert.equal(after.services[1], before.services[1])
  assert.equal(after.nat, before.nat)
})

test('errors come in the order of ip_vs_ctl.c', () => {
  const state = run(add(), addTo('10.0.0.2'))
  assert.equal(code(state, add(key(), { scheduler: 'nosuch' })), 'service-exists')
  assert.equal(code(state, add(key('10.0.0.9'), { scheduler: 'nosuch' })), 'scheduler-missing')
  assert.equal(code(state, add(key('10.0.0.9'), { persistenceEngine: 'nosuch' })), 'scheduler-missing')
  assert.equal(code(state, add(key('2001:db8::1'), { persistenceMask: 0 })), 'bad-request')
  const edit = (service: ServiceKey): Command => ({
    kind: 'service.edit',
    key: service,
    options: options({ scheduler: 'nosuch' }),
  })
  assert.equal(code(state, edit(key('10.0.0.9'))), 'service-missing')
  assert.equal(code(state, edit(key())), 'scheduler-missing')
  assert.equal(code(state, addTo('10.0.0.2', { lowerThreshold: 1 }, key('10.0.0.9'))), 'service-undefined')
  assert.equal(code(state, addTo('10.0.0.2', { lowerThreshold: 1 })), 'out-of-range')
  assert.equal(code(state, addTo('10.0.0.2', { weight: -1 })), 'out-of-range')
  assert.equal(code(state, addTo('10.0.0.2')), 'destination-exists')
  assert.equal(code(state, addTo('2001:db8::2')), 'family-unsupported')
  assert.equal(code(state, addTo('2001:db8::2', { method: 'tunnel' })), 'applied')
})

test('a destination is a unicast address', () => {
  const six = key('2001:db8::1')
  const state = run(add(), add(six))
  for (const bad of ['0.0.0.0', '224.0.0.1', '255.255.255.255'])
    assert.equal(code(state, addTo(bad)), 'address-not-unicast', bad)
  for (const good of ['0.1.2.3', '127.0.0.1', '240.0.0.1']) assert.equal(code(state, addTo(good)), 'applied', good)
  for (const bad of ['::', 'ff02::1', 'fe80::1'])
    assert.equal(code(state, addTo(bad, {}, six)), 'address-not-unicast', bad)
  for (const good of ['::1', 'fec0::1', '2001:db8::2']) assert.equal(code(state, addTo(good, {}, six)), 'applied', good)
})

test('an edit replaces every option and keeps id, place and destinations', () => {
  const state = run(
    add(key(), { persistence: 60, onePacket: true }),
    add(key('10.0.0.9')),
    addTo('10.0.0.2', { upperThreshold: 9 }),
    addTo('10.0.0.3'),
  )
  const edited = [
    { kind: 'service.edit', key: key(), options: options({ scheduler: 'wlc' }) } as const,
    {
      kind: 'destination.edit',
      service: key(),
      key: { address: '10.0.0.2', port: 80 },
      options: target({ weight: 7 }),
    } as const,
  ].reduce<State>(apply, state)
  const [service] = edited.services
  assert.deepEqual([service.id, service.scheduler, service.persistence, service.onePacket], [100, 'wlc', 0, false])
  const [first] = service.destinations
  assert.deepEqual([first.id, first.address, first.weight, first.upperThreshold], [102, '10.0.0.2', 7, 0])
  assert.equal(service.destinations.length, 2)
})

test('what changes nothing raises no revision', () => {
  const state = run(add(), addTo('10.0.0.2'))
  const same: Command[] = [
    { kind: 'service.edit', key: key(), options: options() },
    { kind: 'destination.edit', service: key(), key: { address: '10.0.0.2', port: 80 }, options: target() },
    { kind: 'service.zero', key: null },
    { kind: 'service.zero', key: key() },
    { kind: 'timeouts.set', timeouts: { tcp: 0, tcpFin: 120, udp: 0 } },
  ]
  for (const command of same) assert.equal(apply(state, command), state, command.kind)
  assert.equal(apply(emptyState(), { kind: 'service.flush' }).revision, 0)
  assert.equal(code(state, { kind: 'service.zero', key: key('10.0.0.9') }), 'service-missing')
})

test('a timeout of 0 keeps the current one', () => {
  const state = run({ kind: 'timeouts.set', timeouts: { tcp: 300, tcpFin: 0, udp: 10 } })
  assert.deepEqual(state.timeouts, { tcp: 300, tcpFin: 120, udp: 10 })
})

test('delete and flush', () => {
  const state = run(add(), addTo('10.0.0.2'), addTo('10.0.0.3'), add(key('10.0.0.9')))
  const gone = { kind: 'destination.delete', service: key(), key: { address: '10.0.0.2', port: 80 } } as const
  const less = apply(state, gone)
  assert.deepEqual(addresses(less), ['10.0.0.3'])
  assert.equal(code(less, gone), 'destination-missing')
  assert.deepEqual(
    apply(less, { kind: 'service.delete', key: key() }).services.map((s) => s.address),
    ['10.0.0.9'],
  )
  assert.equal(code(less, { kind: 'service.delete', key: key('10.0.0.8') }), 'service-missing')
  assert.deepEqual(apply(less, { kind: 'service.flush' }).services, [])
})

test('a batch goes on after a failure and equals its commands one by one', () => {
  const commands: Command[] = [
    add(),
    addTo('10.0.0.2'),
    add(),
    addTo('10.0.0.3', {}, key('10.0.0.9')),
    { kind: 'service.edit', key: key(), options: options({ scheduler: 'wlc' }) },
    { kind: 'service.delete', key: key() },
    add(),
    addTo('10.0.0.4'),
  ]
  const { state, results } = applyAll(emptyState(), commands)
  assert.deepEqual(
    results.map((failure) => failure?.code ?? ''),
    ['', '', 'service-exists', 'service-undefined', '', '', '', ''],
  )
  let one = emptyState()
  for (const [i, command] of commands.entries()) if (!results[i]) one = apply(one, command)
  assert.deepEqual(state, one)
  assert.deepEqual(addresses(state), ['10.0.0.4'])
})

test('10 000 services of 10 destinations are restored in one batch in under a second of CPU', () => {
  const commands: Command[] = []
  for (let i = 0; i < 10_000; i++) {
    const service = key(`10.${i >> 8}.${i & 255}.1`)
    commands.push(add(service))
    for (let n = 0; n < 10; n++) commands.push(addTo(`172.16.${n}.2`, {}, service))
  }
  const begun = process.cpuUsage()
  const { state, results } = applyAll(emptyState(), commands)
  const tookMs = process.cpuUsage(begun).user / 1000
  assert.equal(results.filter(Boolean).length, 0)
  assert.equal(state.services.length, 10_000)
  assert.equal(state.revision, 110_000)
  assert.ok(tookMs < 1000, `took ${tookMs} ms`)
})
