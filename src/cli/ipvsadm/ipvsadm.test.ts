/** Listings with counters, connections, names, and what a restore sends: what the recordings of test/compat cannot show. */

import assert from 'node:assert/strict'
import { isIP } from 'node:net'
import { test } from 'node:test'
import type { CommandResult, ConnectionRow, ServicesView } from '../../api/routes.js'
import type { Command } from '../../commands/command.js'
import { Failure } from '../../failure/failure.js'
import { inService } from '../../model/check.js'
import type { Destination, Service } from '../../model/service.js'
import { emptyTable } from '../../model/state.js'
import { NO_DAEMONS } from '../../model/sync.js'
import type { CliIo } from '../io.js'
import type { Names } from '../name/names.js'
import { PortNames } from '../name/port-names.js'
import { ProtocolNames } from '../name/protocol-names.js'
import { run } from './ipvsadm.js'
import type { ServiceCounters, Traffic } from './layout.js'

const traffic = (...n: number[]): Traffic => ({
  connections: n[0],
  inPackets: n[1],
  outPackets: n[2],
  inBytes: n[3],
  outBytes: n[4],
  connectionRate: n[5],
  inPacketRate: n[6],
  outPacketRate: n[7],
  inByteRate: n[8],
  outByteRate: n[9],
})

const destination = (id: number, address: string): Destination => ({
  id,
  address,
  port: 8080,
  method: 'masq',
  weight: 1,
  upperThreshold: 0,
  lowerThreshold: 0,
  tunnel: { type: 'ipip', port: 0, checksum: 'nocsum' },
  ...inService,
})

const service: Service = {
  id: 1,
  family: 4,
  protocol: 'tcp',
  address: '10.10.0.100',
  port: 80,
  fwmark: 0,
  scheduler: 'rr',
  schedulerFlags: 0,
  persistence: 60,
  persistenceMask: 20,
  persistenceEngine: '',
  onePacket: false,
  health: null,
  destinations: [destination(2, '172.16.0.11'), destination(3, '172.16.0.12')],
}

const counters: ServiceCounters = {
  id: 1,
  traffic: traffic(5, 22, 14, 1192, 912, 100_000_000, 1, 1, 76, 64),
  destinations: [
    {
      id: 2,
      active: 3,
      inactive: 14,
      persistent: 1,
      traffic: traffic(2, 10, 7, 536, 2_000_000_000, 123456789, 1, 2, 3, 4),
    },
  ],
}

const names: Names = {
  ports: new PortNames('http 80/tcp\nhttp-alt 8080/tcp'),
  protocols: new ProtocolNames(''),
  hosts: {
    addresses: async (name) => (name === 'vip.example' ? ['10.10.0.100'] : []),
    name: async (address) => {
      assert.ok(isIP(address), `${address} is no address`)
      return address === '172.16.0.11' ? 'a-web-server-with-a-long-name.example' : null
    },
  },
}

interface Rig extends CliIo {
  shown: string
  errors: string
  sent: Command[][]
}

/** A director that answers commands on 10.0.0.9 with 'service-missing' and knows two services. */
function rig(stdin = ''): Rig {
  const view: ServicesView = {
    services: [service, { ...service, id: 4, address: '', port: 0, fwmark: 7, destinations: [] }],
    counters: [counters],
    timeouts: { tcp: 900, tcpFin: 120, udp: 300 },
    tableSize: 4096,
  }
  const io: Rig = {
    shown: '',
    errors: '',
    sent: [],
    stdin: async () => stdin,
    out: (text) => {
      io.shown += text
    },
    err: (text) => {
      io.errors += text
    },
    director: {
      commands: async (list) => {
        io.sent.push(list)
        return list.map(answer)
      },
      services: async () => view,
      table: async (name, family) => ({ table: emptyTable(name, family), rules: [], policies: [] }),
      connections: async (from) => ({ rows: connections.slice(from, from + 2), next: from === 0 ? 2 : -1 }),
      daemons: async () => ({ daemons: NO_DAEMONS }),
    },
  }
  return io
}

const answer = (command: Command): CommandResult =>
  JSON.stringify(command).includes('10.0.0.9')
    ? { ok: false, failure: { code: 'service-missing', message: '', facts: {} } }
    : { ok: true }

const ends = ['10.10.0.2', 35493, '10.10.0.100', 80, '172.16.0.12', 8080] as const
const connections: ConnectionRow[] = [
  [6, 'ESTABLISHED', 899_999, ...ends, '', ''],
  [0, 'NONE', 6_000_000, '10.10.0.2', 0, '0.0.0.7', 0, '172.16.0.12', 8080, '', ''],
  [17, 'UDP', -5, ...ends, 'sip', 'abc@example'],
]

async function lines(...argv: string[]): Promise<string[]> {
  const io = rig()
  assert.equal(await run(argv, io, names), 0)
  return io.shown.split('\n')
}

test('--stats and --rate, scaled and exact', async () => {
  assert.deepEqual(await lines('-Ln', '--stats', '-t', '10.10.0.100:80'), [
    'Prot LocalAddress:Port               Conns   InPkts  OutPkts  InBytes OutBytes',
    '  -> RemoteAddress:Port',
    'TCP  10.10.0.100:80                      5       22       14     1192      912',
    '  -> 172.16.0.11:8080                    2       10        7      536    2000M',
    '  -> 172.16.0.12:8080                    0        0        0        0        0',
    '',
  ])
  const rate = await lines('-Ln', '--rate', '-t', '10.10.0.100:80')
  assert.equal(rate[2], 'TCP  10.10.0.100:80                100000K        1        1       76       64')
  assert.equal(rate[3], '  -> 172.16.0.11:8080             123456789        1        2        3        4')
  const exact = await lines('-Ln', '--stats', '--exact', '-t', '10.10.0.100:80')
  assert.equal(exact[3], '  -> 172.16.0.11:8080                    2       10        7      536 2000000000')
})

test('the views with connection counts', async () => {
  const plain = await lines('-Ln')
  assert.equal(plain[0], 'IP Virtual Server version 1.2.1 (size=4096)')
  assert.equal(plain[3], 'TCP  10.10.0.100:80 rr persistent 60 mask 255.255.240.0')
  assert.equal(plain[4], '  -> 172.16.0.11:8080             Masq    1      3          14        ')
  const persistent = await lines('-Ln', '--persistent-conn')
  assert.equal(persistent[4], '  -> 172.16.0.11:8080             1         1           3          14        ')
})

test('names, cut where their column ends', async () => {
  const rows = await lines('-L')
  assert.equal(rows[3], 'TCP  10.10.0.100:http rr persistent 60 mask 255.255.240.0')
  assert.equal(rows[4], '  -> a-web-server-with-a-long-nam Masq    1      3          14        ')
  assert.equal(rows[5], '  -> 172.16.0.12:http-alt         Masq    1      0          0         ')
  assert.equal(rows[6], 'FWM  7 rr persistent 60 mask 255.255.240.0')
  assert.deepEqual(await lines('-Ln', '-t', 'vip.example:http'), await lines('-Ln', '-t', '10.10.0.100:80'))
})

test('connections', async () => {
  assert.deepEqual(await lines('-Lnc'), [
    'IPVS connection entries',
    'pro expire state       source             virtual            destination',
    'TCP 14:59  ESTABLISHED 10.10.0.2:35493    10.10.0.100:80     172.16.0.12:8080',
    'IP  100:00 NONE        10.10.0.2:0        0.0.0.7:0          172.16.0.12:8080',
    'UDP 00:00  UDP         10.10.0.2:35493    10.10.0.100:80     172.16.0.12:8080',
    '',
  ])
  const data = await lines('-Lnc', '--persistent-conn')
  assert.equal(
    data[1],
    'pro expire state       source             virtual            destination        pe name          pe_data',
  )
  assert.equal(
    data[4],
    'UDP 00:00  UDP         10.10.0.2:35493    10.10.0.100:80     172.16.0.12:8080 sip                abc@example',
  )
  assert.equal((await lines('-Lc'))[2].split(/ +/)[4], '10.10.0.100:http')
})

test('a restore sends what it can in one batch, in order', async () => {
  const io = rig('-A -t 10.0.0.1:80\n-A -t 10.0.0.9:80\n-D -t 10.0.0.2:80 --bogus\n-C\n')
  assert.equal(await run(['-R'], io, names), 0)
  assert.deepEqual(
    io.sent.map((batch) => batch.map(({ kind }) => kind)),
    [['service.add', 'service.add', 'service.flush']],
  )
  assert.equal(io.errors, 'No such service\n--bogus: unknown option\n')
})

test('a listing in a restore shows what the lines before it left', async () => {
  const io = rig('-A -t 10.0.0.1:80\n-Ln -t 10.10.0.100:80\n-A -t 10.0.0.9:80\n')
  assert.equal(await run(['-R'], io, names), 255)
  assert.equal(io.sent.length, 2)
  assert.ok(io.shown.startsWith('Prot LocalAddress:Port Scheduler Flags\n'))
})

test('a usage mistake ends a restore after what stands before it', async () => {
  const io = rig('-A -t 10.0.0.9:80\n-A -t 10.0.0.1\n-C\n')
  assert.equal(await run(['-R'], io, names), 2)
  assert.deepEqual(io.sent.flat().length, 1)
  assert.equal(io.errors, 'No such service\nZero port specified for non-persistent service\n')
})

test('a director that cannot be had is one line, status 2', async () => {
  const io = rig()
  io.director.services = async () => {
    throw new Failure('permission', 'be root')
  }
  assert.equal(await run(['-Ln'], io, names), 2)
  assert.equal(io.errors, "Can't initialize ipvs: be root\n")
})
