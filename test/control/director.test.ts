import assert from 'node:assert/strict'
import * as fs from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { call } from '../../src/api/client.js'
import type { CommandResult, ServicesView, StatusView, TableView } from '../../src/api/routes.js'
import type { Command } from '../../src/commands/command.js'
import { Failure } from '../../src/failure/failure.js'
import { addDestination, addService, addSnat, serviceKey, serviceOptions } from './command.js'
import { simulatedCarrier } from './simulated.js'
import { open, world } from './world.js'

const send = (...commands: Command[]) => call<CommandResult[]>('POST', '/commands', commands)
const failsWith = (code: string, message: RegExp) => (error: unknown) =>
  error instanceof Failure && error.code === code && message.test(error.message)

test('commands change what is listed, one result each', async (t) => {
  await world(t)
  const results = await send(addService(), addDestination(), addService(), addSnat())
  assert.deepEqual(
    results.map((result) => result.ok || result.failure.code),
    [true, true, 'service-exists', true],
  )
  const view = await call<ServicesView>('GET', '/services')
  const { services, counters } = view
  assert.deepEqual(
    services.map(({ address, destinations }) => [address, destinations.length]),
    [['192.0.2.45', 1]],
  )
  assert.deepEqual(await call<ServicesView>('GET', '/services?counters=false'), { ...view, counters: [] })
  assert.deepEqual(
    counters.map(({ id, destinations }) => [id, destinations[0].id]),
    [[services[0].id, services[0].destinations[0].id]],
  )
  const { table, rules, policies } = await call<TableView>('GET', '/table?name=nat&family=4')
  assert.equal(table.chains[3].rules.length, 1)
  assert.deepEqual(rules, [{ id: table.chains[3].rules[0].id, packets: 0, bytes: 0 }])
  assert.equal(policies.length, 4)
})

test('a restart keeps state; forget does not', async (t) => {
  const first = await world(t)
  await send(addService(), addDestination(), addSnat())
  const before = await call<ServicesView>('GET', '/services')
  const second = await first.restart()
  assert.deepEqual((await call<ServicesView>('GET', '/services')).services, before.services)
  assert.equal(second.plane.table?.services.length, 1)
  await call('POST', '/down?forget=true')
  await second.restart()
  assert.deepEqual((await call<ServicesView>('GET', '/services')).services, [])
})

test('a corrupt state file: told in log and status, the director runs', async (t) => {
  const first = await world(t)
  await send(addService())
  await send(addService(serviceKey(443)))
  fs.writeFileSync(join(first.folder, 'state.json'), '{"layout":1')
  const second = await first.restart()
  const { warnings, services } = await call<StatusView>('GET', '/status')
  assert.equal(services, 1)
  assert.match(warnings[0], /state\.json is no JSON .*set aside as .*; started with its backup/)
  assert.equal(second.log.filter((line) => line.includes(warnings[0])).length, 1)
})

test('a second director in the namespace is refused and disturbs nothing', async (t) => {
  const { folder, journal } = await world(t)
  const other = simulatedCarrier()
  await assert.rejects(
    open(folder, { uidOf: () => 0, api: null }, other),
    failsWith('already-running', /a director already runs in this network namespace; `fullnat status` shows it/),
  )
  assert.deepEqual(other.journal, [])
  assert.ok(!journal.includes('restore'))
  assert.equal((await call<StatusView>('GET', '/status')).services, 0)
})

test('the data path learns first, then the host hands over what is new and takes back what is gone', async (t) => {
  const { journal } = await world(t)
  await send(addService(), addDestination())
  await send({ kind: 'service.flush' }, addService(serviceKey(443)))
  await send({ kind: 'service.edit', key: serviceKey(443), options: { ...serviceOptions, scheduler: 'wlc' } })
  await send({ kind: 'service.flush' })
  assert.deepEqual(journal, [
    'install 0', // start: nothing is taken from what an earlier one left
    'steer 0+0',
    'install 1', // the first service
    'steer 1+1',
    'install 1', // another one in its place
    'steer 1+0',
    'install 1', // another scheduler: nothing to steer
    'install 0', // none left
    'steer 0+0',
  ])
})

test('many requests at once are each answered when carried, by fewer installs', async (t) => {
  const { journal, plane } = await world(t)
  const ports = Array.from({ length: 50 }, (_, i) => i + 1)
  const answers = await Promise.all(ports.map((port) => send(addService(serviceKey(port)))))
  assert.ok(answers.flat().every((result) => result.ok))
  assert.equal(plane.table?.services.length, 50)
  assert.ok(journal.filter((entry) => entry.startsWith('install')).length <= 51)
})

test('local ports are kept out as soon as a rule translates', async (t) => {
  const { journal } = await world(t)
  await send(addService())
  assert.ok(!journal.includes('exclude ports'))
  await send(addSnat())
  assert.ok(journal.includes('exclude ports'))
})

test('changed routes are carried without a command, a burst of them once', async (t) => {
  const { host, journal } = await world(t)
  const before = journal.length
  for (let i = 0; i < 20; i++) host.changed()
  await sleep(600)
  assert.deepEqual(journal.slice(before), ['install 0', 'steer 0+0'])
})

test('routes that change while a table is under way are carried after it', async (t) => {
  const { plane, host, journal } = await world(t)
  const install = plane.install.bind(plane)
  plane.install = async (table) => {
    plane.install = install
    host.changed()
    await sleep(300)
    await install(table)
  }
  await send(addService())
  await sleep(100)
  assert.equal(journal.filter((line) => line === 'install 1').length, 2)
})

test('addresses that are not here are warned of until they are', async (t) => {
  const { host, log } = await world(t)
  await send(addService(), addSnat())
  const { warnings } = await call<StatusView>('GET', '/status')
  assert.equal(warnings.length, 2)
  assert.match(warnings[0], /virtual address 192\.0\.2\.45: .*`ip addr add 192\.0\.2\.45\/32 dev DEVICE`/)
  assert.match(warnings[1], /SNAT address 192\.0\.2\.10: /)
  assert.equal(log.filter((line) => line.includes('WARN')).length, 2)
  host.local = new Set(['192.0.2.45', '192.0.2.10'])
  assert.deepEqual((await call<StatusView>('GET', '/status')).warnings, [])
})

test('a socket of the host behind a virtual service is warned of', async (t) => {
  const { host } = await world(t)
  host.local = new Set(['192.0.2.45'])
  host.listening = new Set(['tcp * 80', 'tcp 192.0.2.45 22'])
  await send(addService(), addService(serviceKey(443)))
  const { warnings } = await call<StatusView>('GET', '/status')
  assert.equal(warnings.length, 1)
  assert.match(warnings[0], /^port in use: a socket of this host listens at tcp 192\.0\.2\.45 80 too; clients reach/)
})

test('what the data path refuses is saved, said and mended by the next change', async (t) => {
  const { plane } = await world(t)
  plane.fault = new Error('out of memory')
  await assert.rejects(send(addService()), failsWith('internal', /saved as revision 1, but not carried: out of memory/))
  const told = await call<StatusView>('GET', '/status')
  assert.match(told.warnings[0], /does not carry what is configured: out of memory/)
  plane.fault = null
  await send(addDestination())
  assert.equal(plane.table?.services[0].destinations.length, 1)
  assert.ok(!(await call<StatusView>('GET', '/status')).warnings.some((line) => line.includes('out of memory')))
})

test('what the data path refused is tried again', async (t) => {
  const { plane } = await world(t)
  plane.fault = new Error('busy')
  await assert.rejects(send(addService()), failsWith('internal', /not carried: busy/))
  plane.fault = null
  await sleep(2500)
  assert.equal(plane.table?.services.length, 1)
})

test('an event of the data path is one line of the log', async (t) => {
  const { plane, log } = await world(t)
  plane.raise({ level: 'warn', code: 'pool-dry', message: 'no free source port in 192.0.2.10' })
  assert.match(log.at(-1)!, /^\d{4}-\d\d-\d\dT[\d:.]+[+-]\d\d:\d\d WARN {2}no free source port in 192\.0\.2\.10\n$/)
})

test('zeroed and set counters reach the data path', async (t) => {
  await world(t)
  await send(addSnat(), {
    kind: 'chain.policy',
    table: 'nat',
    family: 4,
    chain: 'POSTROUTING',
    policy: 'ACCEPT',
    counters: { packets: 7, bytes: 420 },
  })
  const read = async () => (await call<TableView>('GET', '/table?name=nat&family=4')).policies[3]
  assert.deepEqual(await read(), { id: 4, packets: 7, bytes: 420 })
  await send({ kind: 'chain.zero', table: 'nat', family: 4, chain: null, at: null })
  assert.deepEqual(await read(), { id: 4, packets: 0, bytes: 0 })
})

test('down gives the host back, closes the data path and frees the name before it answers', async (t) => {
  const { journal, folder } = await world(t)
  await send(addService())
  await call('POST', '/down')
  assert.deepEqual(journal.slice(-3), ['unwatch', 'close', 'restore'])
  await assert.rejects(call('GET', '/status'), failsWith('not-running', /no director runs/))
  const { running } = await open(folder, { uidOf: () => 0, api: null })
  assert.equal((await call<StatusView>('GET', '/status')).services, 1)
  await call('POST', '/down')
  await running.api.closed
})
