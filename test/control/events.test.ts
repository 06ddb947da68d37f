import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { call } from '../../src/api/client.js'
import type { HistoryView, RatesView } from '../../src/api/routes.js'
import type { Command } from '../../src/commands/command.js'
import { addDestination, addService, serviceKey } from './command.js'
import { EventReader } from './event-reader.js'
import { http, overSocket } from './http.js'
import { complaint, type Document } from './openapi.js'
import { world } from './world.js'

const send = (...commands: Command[]) => call('POST', '/commands', commands)
const ROUTE = 'GET /v1/events'

function reader(t: TestContext, path = '/v1/events', headers = {}): EventReader {
  const found = new EventReader(path, headers)
  t.after(() => found.close())
  return found
}

test('what happens is told as it happens, in the shape that is published', async (t) => {
  const { plane } = await world(t)
  const document = (await http(overSocket(), '/v1/openapi.json')).json as Document
  const events = reader(t)
  await events.next('rates')
  await send(addService())
  plane.raise({ level: 'warn', code: 'pool-dry', message: 'no free source port' })
  const kinds = ['change', 'warning', 'datapath']
  const told = [await events.next(...kinds), await events.next(...kinds), await events.next(...kinds)]
  assert.deepEqual(told.map(({ event }) => event).sort(), ['change', 'datapath', 'warning'])
  for (const { data } of [...told, await events.next('rates')])
    assert.equal(complaint(document, ROUTE, 200, 'text/event-stream', data), '', JSON.stringify(data))
  const { data } = told.find(({ event }) => event === 'change')!
  const { at, ...rest } = data as { at: string }
  assert.deepEqual(rest, {
    kind: 'change',
    revision: 1,
    by: `uid:${process.geteuid!()}`,
    what: ['service.add tcp:192.0.2.45:80'],
  })
})

test('who comes back hears what was missed, once', async (t) => {
  await world(t)
  const first = reader(t, '/v1/events?from=0')
  await first.next('gap', 'rates')
  await send(addService())
  const { id } = await first.next('change')
  first.close()
  await send(addDestination())
  await send(addDestination('192.0.2.22'))
  const second = reader(t, '/v1/events', { 'Last-Event-ID': id })
  const revisions = [await second.next('change', 'gap'), await second.next('change', 'gap')].map(
    ({ data }) => (data as { revision: number }).revision,
  )
  assert.deepEqual(revisions, [2, 3])
})

test('what is no longer kept is a gap', async (t) => {
  const { running } = await world(t)
  await send(addService())
  const before = running.director.events.since(0).told[0].id
  for (let i = 0; i < 1000; i++) running.director.events.push({ kind: 'warning', at: '', raised: true, text: `${i}` })
  const events = reader(t, '/v1/events', { 'Last-Event-ID': `${before}` })
  assert.equal((await events.next('gap', 'warning')).event, 'gap')
  assert.equal(((await events.next('warning')).data as { text: string }).text, '0')
})

test('rates: all rows first, then those that changed, to each listener', async (t) => {
  await world(t)
  await send(addService(), addDestination())
  const rates = async (from: EventReader) => (await from.next('rates')).data as RatesView
  const events = reader(t)
  const first = await rates(events)
  assert.deepEqual([first.whole, first.services.length, first.servers.length], [true, 1, 1])
  const second = await rates(events)
  assert.deepEqual([second.whole, second.services, second.servers], [false, [], []])
  await send(addService(serviceKey(443)))
  assert.equal((await rates(events)).services.length, 1)
  const late = await rates(reader(t))
  assert.deepEqual([late.whole, late.services.length], [true, 2])
  const history = (await http(overSocket(), '/v1/history')).json as HistoryView
  assert.ok(history.samples.length >= 3)
})

test('the stream ends with the director', { timeout: 10_000 }, async (t) => {
  const { running } = await world(t)
  const events = reader(t)
  await events.next('rates')
  await call('POST', '/down')
  await running.api.closed
})
