import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inService } from '../../model/check.js'
import type { Destination, Service } from '../../model/service.js'
import { sortDestinations, sortServices } from './order.js'

const destination = (address: string, port = 80): Destination => ({
  id: 0,
  address,
  port,
  method: 'masq',
  weight: 1,
  upperThreshold: 0,
  lowerThreshold: 0,
  tunnel: { type: 'ipip', port: 0, checksum: 'nocsum' },
  ...inService,
})

const service = (changes: Partial<Service>): Service => ({
  id: 0,
  family: 4,
  protocol: 'tcp',
  address: '10.0.0.1',
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

const addresses = (...list: string[]) => sortDestinations(list.map((text) => destination(text))).map((d) => d.address)

test('an address more than half the range away stands before', () => {
  assert.deepEqual(addresses('10.0.0.3', '192.0.2.1', '10.0.0.2'), ['192.0.2.1', '10.0.0.2', '10.0.0.3'])
  assert.deepEqual(addresses('2001:db8::1', 'fe80::1', '10.0.0.1'), ['10.0.0.1', 'fe80::1', '2001:db8::1'])
})

test('an order that runs in a circle comes out as of a real kernel', () => {
  // ipvsadm-values.real: newest first in, three addresses of which each stands before the next.
  const given = ['10.0.0.32', '10.0.0.30', '127.0.0.1', '240.0.0.1', '0.1.2.3']
  assert.deepEqual(addresses(...given), ['10.0.0.30', '10.0.0.32', '127.0.0.1', '240.0.0.1', '0.1.2.3'])
})

test('ports break ties', () => {
  const ports = [8080, 80, 443].map((port) => destination('10.0.0.2', port))
  assert.deepEqual(
    sortDestinations(ports).map((d) => d.port),
    [80, 443, 8080],
  )
})

test('services: mark, family, protocol, address, port', () => {
  const sorted = [
    service({ fwmark: 0xffffffff, address: '', port: 0 }),
    service({ port: 80 }),
    service({ port: 443 }),
    service({ address: '10.0.0.2' }),
    service({ protocol: 'udp' }),
    service({ protocol: 'sctp' }),
    service({ family: 6, address: '2001:db8::1' }),
    service({ fwmark: 1, address: '', port: 0 }),
    service({ fwmark: 1, address: '', port: 0, family: 6 }),
  ]
  assert.deepEqual(sortServices(sorted.toReversed()), sorted)
})
