import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Failure } from '../failure/failure.js'
import { inService } from '../model/check.js'
import type { Destination, Service } from '../model/service.js'
import { emptyState } from '../model/state.js'
import { compile, type Routes } from './compile.js'

const destination = (id: number, changes: Partial<Destination> = {}): Destination => ({
  id,
  address: `192.0.2.${id}`,
  port: 8080,
  method: 'masq',
  weight: 1,
  upperThreshold: 0,
  lowerThreshold: 0,
  tunnel: { type: 'ipip', port: 0, checksum: 'nocsum' },
  ...inService,
  ...changes,
})

const service = (id: number, changes: Partial<Service> = {}): Service => ({
  id,
  family: 4,
  protocol: 'tcp',
  address: '198.51.100.1',
  port: 80,
  fwmark: 0,
  scheduler: 'rr',
  schedulerFlags: 0,
  persistence: 0,
  persistenceMask: 32,
  persistenceEngine: '',
  onePacket: false,
  health: null,
  destinations: [],
  ...changes,
})

const nowhere: Routes = { to: () => null }
const stateOf = (...services: Service[]) => ({ ...emptyState(), revision: 7, services })

test('a service and its destinations become numbers, newest first', () => {
  const routes: Routes = {
    to: (address) =>
      address === '192.0.2.22' ? { interface: 'eth1', source: '192.0.2.1', mtu: 1400, local: false } : null,
  }
  const destinations = [
    destination(21, { method: 'gate', weight: 3, upperThreshold: 9, lowerThreshold: 4 }),
    destination(22, { method: 'gate' }),
  ]
  const { revision, services } = compile(stateOf(service(5, { destinations, persistence: 60 })), routes)
  assert.equal(revision, 7)
  assert.deepEqual(services, [
    {
      id: 5,
      family: 4,
      protocol: 6,
      address: [0, 0, 0xffff, 0xc6336401 | 0],
      port: 80,
      fwmark: 0,
      scheduler: 'rr',
      schedulerFlags: 0,
      persistenceMs: 60_000,
      persistenceMask: 32,
      engine: '',
      onePacket: false,
      destinations: [
        {
          id: 22,
          family: 4,
          address: [0, 0, 0xffff, 0xc0000216 | 0],
          port: 8080,
          method: 3,
          weight: 1,
          upperThreshold: 0,
          lowerThreshold: 0,
          forgets: false,
          outInterface: 'eth1',
          outAddress: [0, 0, 0xffff, 0xc0000201 | 0],
          mtu: 1400,
          local: false,
          tunnel: { type: 0, port: 0, checksum: 0 },
        },
        {
          id: 21,
          family: 4,
          address: [0, 0, 0xffff, 0xc0000215 | 0],
          port: 8080,
          method: 3,
          weight: 3,
          upperThreshold: 9,
          lowerThreshold: 4,
          forgets: false,
          outInterface: '',
          outAddress: null,
          mtu: 65_535,
          local: false,
          tunnel: { type: 0, port: 0, checksum: 0 },
        },
      ],
    },
  ])
})

test('protocols and methods have IPVS-s numbers, a destination its own family', () => {
  const methods = [
    destination(1, { method: 'gate' }),
    destination(2, { method: 'tunnel', address: '2001:db8::2' }),
    destination(3),
  ]
  const { services } = compile(
    stateOf(service(5, { protocol: 'udp', destinations: methods }), service(6, { protocol: 'sctp' })),
    nowhere,
  )
  assert.deepEqual(
    services.map((s) => s.protocol),
    [17, 132],
  )
  assert.deepEqual(
    services[0].destinations.map((d) => [d.id, d.method, d.family]),
    [
      [3, 0, 4],
      [2, 2, 6],
      [1, 3, 4],
    ],
  )
})

test('a firewall mark service has no address', () => {
  const { services } = compile(stateOf(service(5, { fwmark: 4, address: '', port: 0, family: 6 })), nowhere)
  assert.deepEqual([services[0].fwmark, services[0].family, services[0].address], [4, 6, [0, 0, 0, 0]])
})

test('timeouts are milliseconds, nat chains those of each family', () => {
  const { timeouts, nat } = compile(stateOf(), nowhere)
  assert.deepEqual(timeouts, { tcp: 900_000, tcpFin: 120_000, udp: 300_000 })
  assert.deepEqual([nat.v4[0].name, nat.v6[0].name], ['POSTROUTING', 'POSTROUTING'])
})

test('each route is asked for once', () => {
  const asked: string[] = []
  const routes: Routes = {
    to: (address) => {
      asked.push(address)
      return null
    },
  }
  const destinations = [destination(21, { method: 'gate' }), destination(22, { method: 'gate' })]
  compile(stateOf(service(5, { destinations }), service(6, { port: 81, destinations })), routes)
  assert.deepEqual(asked, ['192.0.2.21', '192.0.2.22'])
})

test('what no data path could run fails', () => {
  const code = (expected: string) => (error: unknown) => error instanceof Failure && error.code === expected
  assert.throws(() => compile(stateOf(service(5, { scheduler: 'toString' })), nowhere), code('scheduler-missing'))
  const destinations = [destination(21, { address: '192.0.2.300' })]
  assert.throws(() => compile(stateOf(service(5, { destinations })), nowhere), code('bad-request'))
})
