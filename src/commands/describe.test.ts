import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Command } from './command.js'
import { describe, describeAll } from './describe.js'

const key = { family: 4, protocol: 'tcp', address: '192.0.2.45', port: 80, fwmark: 0 } as const
const table = { table: 'nat', family: 6 } as const
const flush: Command = { kind: 'service.flush' }

const lines: [Command, string][] = [
  [flush, 'service.flush'],
  [{ kind: 'service.delete', key }, 'service.delete tcp:192.0.2.45:80'],
  [
    { kind: 'destination.delete', service: key, key: { address: '192.0.2.21', port: 80 } },
    'destination.delete tcp:192.0.2.45:80 192.0.2.21:80',
  ],
  [
    {
      kind: 'destination.admin',
      service: null,
      key: { address: '192.0.2.21', port: null },
      admin: 'drain',
      honourPersistence: true,
    },
    'destination.admin 192.0.2.21:* drain',
  ],
  [{ kind: 'service.zero', key: null }, 'service.zero'],
  [{ kind: 'settings.set', settings: { drop_entry: '1' } }, 'settings.set drop_entry'],
  [{ kind: 'daemon.stop', role: 'backup' }, 'daemon.stop backup'],
  [{ kind: 'chain.new', ...table, chain: 'web' }, 'chain.new nat/6 web'],
  [{ kind: 'chain.flush', ...table, chain: null }, 'chain.flush nat/6'],
  [{ kind: 'table.batch', ...table, flush: true, changes: [] }, 'table.batch nat/6 0 changes'],
]
for (const [command, line] of lines) test(line, () => assert.equal(describe(command), line))

test('of many the first are named', () => {
  assert.deepEqual(describeAll([flush, flush]), ['service.flush', 'service.flush'])
  assert.deepEqual(describeAll(Array(7).fill(flush)).slice(2), ['service.flush', 'and 4 more'])
})
