import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { call } from '../../src/api/client.js'
import { addDestination, addService, addSnat } from './command.js'
import { http, overSocket } from './http.js'
import { world } from './world.js'

test('what is scraped is what promtool takes, and says what there is', async (t) => {
  await world(t)
  await call('POST', '/commands', [addService(), addDestination(), addSnat()])
  const { status, headers, text } = await http(overSocket(), '/metrics')
  assert.equal(status, 200)
  assert.match(headers['content-type']!, /^text\/plain; version=0\.0\.4/)
  const {
    status: verdict,
    stdout,
    stderr,
  } = spawnSync('promtool', ['check', 'metrics'], { input: text, encoding: 'utf8' })
  assert.deepEqual([verdict, stdout, stderr], [0, '', ''])
  for (const line of [
    'fullnat_revision 3',
    'fullnat_info{version="0.0.0",datapath="simulated"} 1',
    'fullnat_carried_packets_total{path="kernel"} 0',
    'fullnat_dropped_packets_total{reason="poolDry"} 0',
    'fullnat_pool_ports_used{address="192.0.2.10"} 0',
    'fullnat_pool_ports_free{address="192.0.2.10"} 64512',
    'fullnat_service_connections_total{service="tcp:192.0.2.45:80"} 0',
    'fullnat_server_weight{service="tcp:192.0.2.45:80",server="192.0.2.21:80"} 1',
  ])
    assert.ok(text.includes(`\n${line}\n`), line)
})

test('an empty director is scraped too', async (t) => {
  await world(t)
  const { text } = await http(overSocket(), '/metrics')
  assert.equal(spawnSync('promtool', ['check', 'metrics'], { input: text }).status, 0)
})
