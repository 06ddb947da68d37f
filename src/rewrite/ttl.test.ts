import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { endpoints, family, written } from '../../test/packets/arbitrary.js'
import { tcp } from '../../test/packets/build.js'
import { Ring } from '../../test/packets/ring.js'
import { Reason } from '../failure/reason.js'
import { decode } from '../wire/decode.js'
import { Frame } from '../wire/frame.js'
import { addTtl, raiseTtl } from './ttl.js'

const AT = 130
const ttl = fc.integer({ min: 0, max: 255 })

test('a new TTL is a packet built with that TTL', () => {
  const ring = new Ring()
  const frame = new Frame()
  const any = family.chain((of) => fc.tuple(endpoints(of), ttl, ttl, fc.nat(0xffff)))
  fc.assert(
    fc.property(any, ([ends, before, after, id]) => {
      const words = {
        from: written(ends.source, ends.sourcePort),
        to: written(ends.destination, ends.destinationPort),
        id,
      }
      const built = tcp({ ...words, ttl: before })
      ring.put(built, AT)
      assert.equal(decode(ring.view, AT, AT + built.bytes.length, frame), Reason.none)
      addTtl(ring.view, frame, after - before)
      assert.deepEqual(ring.get(AT, built.bytes.length), tcp({ ...words, ttl: after }).bytes)
      assert.equal(frame.ttl, after)
      raiseTtl(ring.view, AT, before - after)
      assert.deepEqual(ring.get(AT, built.bytes.length), built.bytes)
      ring.assertOnly(AT, AT + built.bytes.length)
    }),
    { numRuns: 1000, seed: 20_003 },
  )
})
