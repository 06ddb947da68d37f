import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import type { Words } from '../address/words.js'
import { AddressKinds, Kind, NO_ADDRESSES } from './address-kind.js'
import { words } from './fixture.js'

const host = new AddressKinds({
  local: ['192.0.2.10', '192.0.2.45', '2001:db8::10'].map(words),
  broadcast: [words('192.0.2.255')],
})
const kindOf = (address: string, of = host): number => of.of(Int32Array.from([9, ...words(address)]), 1)

test('addresses of the host, and those that every host knows', () => {
  const { unicast, local, broadcast, multicast } = Kind
  for (const [address, kind] of Object.entries({
    '192.0.2.10': local,
    '192.0.2.45': local,
    '192.0.2.46': unicast,
    '127.9.9.9': local,
    '192.0.2.255': broadcast,
    '192.0.3.255': unicast,
    '255.255.255.255': broadcast,
    '0.1.2.3': broadcast,
    '224.0.0.1': multicast,
    '239.255.255.255': multicast,
    '240.0.0.1': unicast,
    '2001:db8::10': unicast | local,
    '2001:db8::11': unicast,
    'ff02::1': multicast,
  }))
    assert.equal(kindOf(address), kind, address)
  assert.equal(kindOf('192.0.2.10', new AddressKinds(NO_ADDRESSES)), unicast)
})

test('every address that is put in is found, no other is', () => {
  const address = fc.tuple(fc.nat(3), fc.nat(60)).map(([net, rest]): Words => [0x20010db8, net, 0, rest])
  fc.assert(
    fc.property(fc.array(address), fc.array(address), (mine, asked) => {
      const kinds = new AddressKinds({ local: mine, broadcast: [] })
      for (const one of [...mine, ...asked]) {
        const isMine = mine.some((other) => other.join() === one.join())
        assert.equal(kinds.of(Int32Array.from(one), 0), Kind.unicast | (isMine ? Kind.local : 0))
      }
    }),
  )
})
