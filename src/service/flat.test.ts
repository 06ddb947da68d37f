import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { flatten, unflatten } from './flat.js'

const count = fc.maxSafeNat()
const traffic = fc.record({
  connections: count,
  inPackets: count,
  outPackets: count,
  inBytes: count,
  outBytes: count,
  connectionRate: count,
  inPacketRate: count,
  outPacketRate: count,
  inByteRate: count,
  outByteRate: count,
})
const destination = fc.record({ id: count, active: count, inactive: count, persistent: count, traffic })
const service = fc.record({ id: count, traffic, destinations: fc.array(destination, { maxLength: 4 }) })
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value))

test('counters come out as they went in', () => {
  fc.assert(
    fc.property(fc.array(service, { maxLength: 4 }), (services) => {
      assert.deepEqual(plain(unflatten(flatten(services))), plain(services))
    }),
  )
})
