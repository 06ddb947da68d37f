import assert from 'node:assert/strict'
import { test } from 'node:test'
import { alertDefaults } from '../model/alert.js'
import { checkDefaults, checkOf, type Health } from '../model/check.js'
import { emptyState, type State } from '../model/state.js'
import { apply, applyAll } from './apply.js'
import type { Command, HealthCommand } from './command.js'

const key = (port: number) => ({ family: 4, protocol: 'tcp', address: '192.0.2.45', port, fwmark: 0 }) as const
const options = {
  scheduler: 'rr',
  schedulerFlags: 0,
  persistence: 0,
  persistenceMask: 32,
  persistenceEngine: '',
  onePacket: false,
}
const tunnel = { type: 'ipip', port: 0, checksum: 'nocsum' } as const
const real = { method: 'masq', weight: 1, upperThreshold: 0, lowerThreshold: 0, tunnel } as const
const server = (port: number, address: string): Command => ({
  kind: 'destination.add',
  service: key(port),
  key: { address, port },
  options: real,
})
/** Services at 80 and 443, each with 10.0.0.1 and 10.0.0.2. */
const site: Command[] = [80, 443].flatMap((port): Command[] => [
  { kind: 'service.add', key: key(port), options },
  server(port, '10.0.0.1'),
  server(port, '10.0.0.2'),
])
const base = applyAll(emptyState(), site).state
const health: Health = { ...checkDefaults.health, checks: [checkOf('http', { path: '/up' })] }

type Choice = Partial<Extract<HealthCommand, { kind: 'destination.admin' }>>
const drain = (changes: Choice): Command => ({
  kind: 'destination.admin',
  service: null,
  key: { address: null, port: null },
  admin: 'drain',
  honourPersistence: false,
  ...changes,
})
const drained = (state: State): string[] =>
  state.services.flatMap(({ destinations }) =>
    destinations.filter((d) => d.admin === 'drain' && !d.honourPersistence).map((d) => `${d.address} ${d.port}`),
  )

test('checks of a service are set, stay through an edit, and saying them again changes nothing', () => {
  const set = apply(base, { kind: 'health.set', key: key(80), health })
  assert.deepEqual(
    set.services.map((one) => one.health),
    [health, null],
  )
  assert.equal(apply(set, { kind: 'health.set', key: key(80), health: structuredClone(health) }), set)
  const edited = apply(set, { kind: 'service.edit', key: key(80), options: { ...options, scheduler: 'wlc' } })
  assert.deepEqual([edited.services[0].scheduler, edited.services[0].health], ['wlc', health])
  assert.equal(apply(edited, { kind: 'health.set', key: key(80), health: null }).services[0].health, null)
  assert.throws(() => apply(base, { kind: 'health.set', key: key(81), health }), { code: 'service-missing' })
})

test('a server may have checks of its own', () => {
  const checks = [checkOf('tcp')]
  const one = { service: key(80), key: { address: '10.0.0.2', port: 80 } }
  const set = apply(base, { kind: 'destination.checks', ...one, checks })
  assert.deepEqual(
    set.services[0].destinations.map((d) => d.checks),
    [null, checks],
  )
  const edit = apply(set, { kind: 'destination.edit', ...one, options: { ...real, weight: 7 } })
  assert.deepEqual(edit.services[0].destinations[1].checks, checks)
  const nowhere = { ...one, key: { address: '10.0.0.3', port: 80 } }
  assert.throws(() => apply(base, { kind: 'destination.checks', ...nowhere, checks }), { code: 'destination-missing' })
})

test('a server, a service, or a server everywhere is drained; saying so again changes nothing', () => {
  assert.deepEqual(drained(apply(base, drain({ key: { address: '10.0.0.1', port: null } }))), [
    '10.0.0.1 80',
    '10.0.0.1 443',
  ])
  assert.deepEqual(drained(apply(base, drain({ key: { address: '10.0.0.1', port: 443 } }))), ['10.0.0.1 443'])
  const service = apply(base, drain({ service: key(80) }))
  assert.deepEqual(drained(service), ['10.0.0.1 80', '10.0.0.2 80'])
  assert.equal(apply(service, drain({ service: key(80) })), service)
  assert.equal(service.revision, base.revision + 1)
})

test('who is not there is named', () => {
  const code = (changes: Choice, message: RegExp) =>
    assert.throws(() => apply(base, drain(changes)), { code: 'destination-missing', message })
  code({ key: { address: '10.0.0.9', port: null } }, /^no service has a real server 10\.0\.0\.9$/)
  code(
    { service: key(80), key: { address: '10.0.0.1', port: 443 } },
    /^service tcp 192\.0\.2\.45 80 has no real server 10\.0\.0\.1 port 443$/,
  )
  assert.throws(() => apply(base, drain({ service: key(81) })), { code: 'service-missing' })
})

test('checks that cannot be made, and a fallback server that cannot be reached, are refused', () => {
  const refused = (changes: Partial<Health>, code: string) =>
    assert.throws(() => apply(base, { kind: 'health.set', key: key(80), health: { ...health, ...changes } }), { code })
  refused({ fallback: { address: '2001:db8::9', port: 80, method: 'masq' } }, 'family-unsupported')
  refused({ fallback: { address: '224.0.0.1', port: 80, method: 'masq' } }, 'address-not-unicast')
  refused({ checks: [checkOf('external', { command: 'bin/check' })] }, 'bad-request')
})

test('alerts are taken as they are given; the same again changes nothing', () => {
  const alerts = { ...alertDefaults, webhooks: [{ url: 'https://hooks.example/', token: '' }] }
  const after = apply(emptyState(), { kind: 'alerts.set', alerts })
  assert.deepEqual(after.alerts, alerts)
  assert.equal(apply(after, { kind: 'alerts.set', alerts: structuredClone(alerts) }), after)
})
