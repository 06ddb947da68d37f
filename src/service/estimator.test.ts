import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Estimator } from './estimator.js'

const packet = (estimator: Estimator, slot: number) => {
  estimator.countConnection(slot)
  estimator.countIn(slot, 60)
  estimator.countOut(slot, 40)
}

test('nothing is exported before the tick that sums it', () => {
  const estimator = new Estimator(2)
  packet(estimator, 1)
  assert.equal(estimator.view(1).connections, 0)
  estimator.tick(2)
  assert.deepEqual(estimator.view(1), {
    connections: 1,
    inPackets: 1,
    outPackets: 1,
    inBytes: 60,
    outBytes: 40,
    connectionRate: 0,
    inPacketRate: 0,
    outPacketRate: 0,
    inByteRate: 7,
    outByteRate: 5,
  })
  assert.equal(estimator.view(0).connections, 0)
})

test('rates are the kernel-s fixed-point averages', () => {
  const perTick = fc.array(fc.nat(5_000_000), { minLength: 1, maxLength: 40 })
  fc.assert(
    fc.property(perTick, (samples) => {
      const estimator = new Estimator(1)
      let connections = 0n
      let bytes = 0n
      for (const sample of samples) {
        estimator.countIn(0, sample)
        if (sample & 1) estimator.countConnection(0)
        estimator.tick(1)
        // ip_vs_est.c: rate += (delta << 9 - rate) >> 2, read as (rate + 511) >> 10; bytes << 4 and (rate + 15) >> 5.
        connections += ((BigInt(sample & 1) << 9n) - connections) >> 2n
        bytes += ((BigInt(sample) << 4n) - bytes) >> 2n
        const view = estimator.view(0)
        assert.equal(view.connectionRate, Number((connections + 511n) >> 10n))
        assert.equal(view.inByteRate, Number((bytes + 15n) >> 5n))
      }
    }),
  )
})

test('a steady rate is reached, and fades', () => {
  const estimator = new Estimator(1)
  for (let tick = 0; tick < 40; tick++) {
    for (let i = 0; i < 200; i++) packet(estimator, 0)
    estimator.tick(1)
  }
  assert.equal(estimator.view(0).connectionRate, 100)
  assert.equal(estimator.view(0).inByteRate, 6000)
  for (let tick = 0; tick < 60; tick++) estimator.tick(1)
  assert.equal(estimator.view(0).connectionRate, 0)
})

test('zeroing starts from what was exported last and clears the rates', () => {
  const estimator = new Estimator(1)
  for (let i = 0; i < 5000; i++) packet(estimator, 0)
  estimator.tick(1)
  packet(estimator, 0)
  estimator.zero(0)
  assert.deepEqual([estimator.view(0).connections, estimator.view(0).connectionRate], [0, 0])
  estimator.tick(1)
  assert.equal(estimator.view(0).connections, 1)
})

test('growing keeps the counters, clearing a slot begins anew', () => {
  const estimator = new Estimator(1)
  packet(estimator, 0)
  estimator.tick(1)
  estimator.grow(2)
  packet(estimator, 1)
  estimator.tick(2)
  assert.deepEqual([estimator.view(0).inBytes, estimator.view(1).inBytes], [60, 60])
  estimator.clear(0)
  assert.equal(estimator.view(0).inBytes, 0)
  estimator.tick(2)
  assert.equal(estimator.view(0).inBytes, 0)
})

test('totals rise whatever is zeroed or begins anew', () => {
  const estimator = new Estimator(2)
  packet(estimator, 0)
  packet(estimator, 1)
  estimator.tick(2)
  estimator.zero(0)
  estimator.clear(1)
  packet(estimator, 1)
  assert.deepEqual(estimator.totals(), { connections: 3, inPackets: 3, outPackets: 3, inBytes: 180, outBytes: 120 })
})
