import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as pass } from 'node:timers/promises'
import { tcp } from '../../test/packets/build.js'
import { Rig } from '../../test/packets/rig.js'
import type { SyncCounters } from '../api/routes.js'
import { Master } from './master.js'

/** A broadcast address: a socket that was not made for it may not send there. */
const FORBIDDEN = '255.255.255.255'

test('connections that could not be told of are due again', async () => {
  const rig = new Rig()
  rig.run('ipvsadm -A -t 198.51.100.45:80 -s rr', 'ipvsadm -a -t 198.51.100.45:80 -r 203.0.113.1:80 -m')
  for (const flags of ['S', 'A', 'A']) rig.send(tcp({ from: '192.0.2.100:40000', to: '198.51.100.45:80', flags }))
  rig.send(tcp({ from: '203.0.113.1:80', to: '192.0.2.100:40000', flags: 'SA' }))
  rig.send(tcp({ from: '192.0.2.100:40000', to: '198.51.100.45:80', flags: 'A' }))
  let asked = 0
  const plane = {
    dueConnections: async (from: number) => {
      asked++
      return rig.engine.dueConnections(from)
    },
    retellConnections: async (handles: number[]) => rig.engine.retellConnections(handles),
  }
  const counters = { told: 0, sent: 0 } as SyncCounters
  const daemon = { interface: 'lo', syncId: 1, maxLength: 1472, group: FORBIDDEN, port: 8848, ttl: 1 }
  const master = new Master(daemon, '127.0.0.1', plane, counters, '')
  for (let i = 0; i < 50 && !master.failed; i++) await pass(100)
  master.close()
  assert.equal(asked, 1)
  assert.match(master.trouble, /not told to other directors/)
  assert.deepEqual([counters.told, counters.sent], [0, 0])
  assert.equal(rig.engine.dueConnections(0).entries.length, 1)
})
