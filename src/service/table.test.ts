import assert from 'node:assert/strict'
import { test } from 'node:test'
import { destinationSpec, Rig, serviceSpec, words } from './fixture.js'
import type { ServiceSpec } from './service.js'
import { ServiceTable } from './table.js'

const TCP = 6
const UDP = 17
const VIP = '10.10.0.100'

const tableOf = (...specs: ServiceSpec[]) => {
  const table = new ServiceTable(() => 0)
  table.install(specs)
  return table
}

const idAt = (table: ServiceTable, protocol: number, port: number, address = VIP) => {
  const slot = table.find(protocol, Int32Array.from(words(address)), 0, port)
  return slot < 0 ? 0 : table.get(slot).spec.id
}

test('a service is found by protocol, address and port', () => {
  const table = tableOf(
    serviceSpec(1, { protocol: TCP, port: 80 }),
    serviceSpec(2, { protocol: UDP, port: 80 }),
    serviceSpec(3, { protocol: TCP, port: 80, family: 6, address: words('2001:db8::1') }),
  )
  assert.deepEqual([idAt(table, TCP, 80), idAt(table, UDP, 80), idAt(table, TCP, 80, '2001:db8::1')], [1, 2, 3])
  assert.deepEqual([idAt(table, TCP, 81), idAt(table, TCP, 80, '10.10.0.101'), idAt(table, 132, 80)], [0, 0, 0])
})

test('port 0 catches what no other service of the address does', () => {
  const table = tableOf(serviceSpec(1, { protocol: TCP, port: 0 }), serviceSpec(2, { protocol: TCP, port: 80 }))
  assert.deepEqual([idAt(table, TCP, 80), idAt(table, TCP, 81), idAt(table, UDP, 81)], [2, 1, 0])
})

test('the FTP service catches its data connections: port 20 and unprivileged ports, of TCP', () => {
  const ftp = serviceSpec(1, { protocol: TCP, port: 21 })
  const table = tableOf(ftp, serviceSpec(2, { protocol: TCP, port: 0 }))
  assert.deepEqual(
    [20, 21, 22, 1023, 1024, 40_000].map((port) => idAt(table, TCP, port)),
    [1, 1, 2, 2, 1, 1],
  )
  assert.equal(idAt(tableOf(ftp), UDP, 40_000), 0)
  table.install([])
  assert.equal(idAt(table, TCP, 20), 0)
})

test('a firewall mark is found by mark and family, and answers to no address', () => {
  const mark = { address: words('0.0.0.0'), port: 0, protocol: TCP }
  const table = tableOf(
    serviceSpec(1, { ...mark, fwmark: 7 }),
    serviceSpec(2, { ...mark, fwmark: 4294967295, family: 6 }),
  )
  const at = (fwmark: number, family: number) => {
    const slot = table.findMark(fwmark, family)
    return slot < 0 ? 0 : table.get(slot).spec.id
  }
  assert.deepEqual([at(7, 4), at(7, 6), at(4294967295, 6), at(8, 4)], [1, 0, 2, 0])
  assert.equal(idAt(table, TCP, 0, '0.0.0.0'), 0)
})

test('an install keeps what stays: counts, counters, the cursor of rr', () => {
  const rig = Rig.of('rr', [1, 1, 1])
  assert.equal(rig.sequence(2), '13 12')
  rig.table.countConnection(rig.destination(13))
  rig.table.tick()
  rig.install({ ...rig.spec, persistenceMs: 60_000 })
  assert.equal(rig.choose(), 11)
  const [service] = rig.table.view()
  assert.equal(service.traffic.connections, 1)
  assert.deepEqual(
    service.destinations.map((d) => [d.id, d.inactive, d.traffic.connections]),
    [
      [13, 1, 1],
      [12, 1, 0],
      [11, 0, 0],
    ],
  )
})

test('an install may add, edit and remove at once', () => {
  const rig = Rig.of('wrr', [1, 1, 1])
  const [, , oldest] = rig.spec.destinations
  rig.install({
    ...rig.spec,
    destinations: [destinationSpec(15), destinationSpec(14, { weight: 0 }), { ...oldest, weight: 2 }],
  })
  assert.equal(rig.sequence(6), '15 11 11 15 11 11')
})

test('a removed service is found no more; deleted and made again, it takes its destinations back but no counters', () => {
  const rig = Rig.of('rr', [1, 1])
  const held = rig.destination(12)
  rig.open()
  rig.table.countConnection(held)
  rig.table.tick()
  rig.table.install([])
  assert.equal(rig.slot, -1)
  assert.deepEqual([rig.table.alive(held), rig.table.view()], [false, []])
  const again = { ...rig.spec, id: 9, destinations: rig.spec.destinations.map((d) => ({ ...d, id: d.id + 10 })) }
  rig.install(again)
  assert.equal(rig.table.alive(held), true)
  const [service] = rig.table.view()
  assert.deepEqual([service.id, service.traffic.connections], [9, 0])
  assert.deepEqual(
    service.destinations.map((d) => [d.id, d.inactive, d.traffic.connections]),
    [
      [22, 1, 0],
      [21, 0, 0],
    ],
  )
})

test('the slot of a deleted service goes to another once nothing refers to it', () => {
  const rig = Rig.of('rr', [1, 1])
  const held = rig.destination(12)
  rig.open()
  rig.table.install([serviceSpec(2, { port: 53 })])
  assert.equal(rig.table.find(UDP, Int32Array.from(words(VIP)), 0, 53), 1)
  rig.table.destinations.closed(held)
  for (let tick = 0; tick < 60; tick++) rig.table.tick()
  rig.table.install([serviceSpec(2, { port: 53 }), serviceSpec(3, { port: 54 }), serviceSpec(4, { port: 55 })])
  assert.equal(rig.table.find(UDP, Int32Array.from(words(VIP)), 0, 54), 0)
  assert.equal(rig.table.find(UDP, Int32Array.from(words(VIP)), 0, 55), 2)
})

test('packets of a removed destination are not counted', () => {
  const rig = Rig.of('rr', [1])
  const slot = rig.destination(11)
  rig.table.countIn(slot, 100)
  rig.table.countOut(slot, 50)
  rig.remove(11)
  rig.table.countIn(slot, 100)
  rig.table.countOut(slot, 50)
  rig.add(11)
  rig.table.tick()
  const [{ traffic, destinations }] = rig.table.view()
  assert.deepEqual([traffic.inPackets, traffic.inBytes, traffic.outPackets, traffic.outBytes], [1, 100, 1, 50])
  assert.equal(destinations[0].traffic.inBytes, 100)
})

test('zeroing: one service with its destinations, or all', () => {
  const table = tableOf(
    serviceSpec(1, { port: 1, destinations: [destinationSpec(11)] }),
    serviceSpec(2, { port: 2, destinations: [destinationSpec(12)] }),
  )
  table.countConnection(0)
  table.countConnection(1)
  table.tick()
  const counted = () => table.view().map((s) => [s.traffic.connections, s.destinations[0].traffic.connections])
  table.zero(1)
  assert.deepEqual(counted(), [
    [0, 0],
    [1, 1],
  ])
  table.zero(null)
  assert.deepEqual(counted(), [
    [0, 0],
    [0, 0],
  ])
})

test('of its own service only; of a service for many ports by its address alone', () => {
  const destinations = [destinationSpec(12)]
  const table = tableOf(
    serviceSpec(1, { port: 1 }),
    serviceSpec(2, { port: 2, destinations }),
    serviceSpec(3, { port: 0 }),
  )
  const address = Int32Array.from(words('172.16.0.12'))
  assert.deepEqual(
    [0, 1, 2].map((slot) => table.resolve(slot, address, 0, 9)),
    [-1, 0, -1],
  )
  table.install([serviceSpec(3, { port: 0, destinations: [destinationSpec(13), destinationSpec(12)] })])
  assert.equal(table.destinations.id[table.resolve(2, address, 0, 443)], 12)
})

test('a destination is resolved by its address and port', () => {
  const rig = Rig.of('rr', [1, 1])
  const address = Int32Array.from(words('172.16.0.12'))
  assert.equal(rig.table.resolve(rig.slot, address, 0, 9), rig.destination(12))
  assert.equal(rig.table.resolve(rig.slot, address, 0, 10), -1)
  rig.remove(12)
  assert.equal(rig.table.resolve(rig.slot, address, 0, 9), -1)
  rig.add(14, { address: words('172.16.0.12'), port: 0 })
  assert.equal(rig.table.resolve(rig.slot, address, 0, 9), rig.destination(14))
})

test('many services: each is found, and those that go leave the others', () => {
  const specs = Array.from({ length: 1000 }, (_, i) => serviceSpec(i + 1, { port: i + 1 }))
  const table = tableOf(...specs)
  table.install(specs.filter((spec) => spec.id % 3 !== 0))
  for (const { id, port } of specs) assert.equal(idAt(table, UDP, port), id % 3 === 0 ? 0 : id)
})
