import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Endpoints, endpoints, family, type Sample, sample } from '../../test/packets/arbitrary.js'
import { addressBytes, type Built, icmpError, udp } from '../../test/packets/build.js'
import * as naive from '../../test/packets/naive.js'
import { Ring } from '../../test/packets/ring.js'
import { parse } from '../address/words.js'
import { Reason } from '../failure/reason.js'
import { decode, decodeInner } from '../wire/decode.js'
import { Frame } from '../wire/frame.js'
import { translateError } from './translate-error.js'

const AT = 131
const RUNS = { numRuns: 1000, seed: 20_004 }
const ring = new Ring()
const frame = new Frame()
const inner = new Frame()

interface Case {
  about: Sample
  /** Bytes of the embedded packet beyond IP header and 8 bytes. */
  more: number
  outer: Endpoints
  newOuter: Endpoints
  newInner: Endpoints
  keepSource: boolean
  keepDestination: boolean
}

const cases: fc.Arbitrary<Case> = family.chain((of) =>
  fc.record({
    about: sample(of).filter(({ kind }) => kind !== 'icmp' && kind !== 'other'),
    more: fc.nat(200),
    outer: endpoints(of),
    newOuter: endpoints(of),
    newInner: endpoints(of),
    keepSource: fc.boolean(),
    keepDestination: fc.boolean(),
  }),
)

/** The error as some router sends it, and where the embedded packet is cut. */
function errorOf({ about, more, outer }: Case): { built: Built; quote: number } {
  const of6 = outer.source.includes(':')
  const quote = Math.min(about.transport + 8 + more, about.built.bytes.length)
  const words = { from: outer.source, to: outer.destination, type: of6 ? 2 : 3, code: of6 ? 0 : 4, rest: 1400 }
  return { built: icmpError({ ...words, about: about.built, quote }), quote }
}

function translated(built: Built, c: Case): { reason: number; bytes: Uint8Array } {
  const { length } = built.bytes
  ring.put(built, AT)
  assert.equal(decode(ring.view, AT, AT + length, frame), Reason.none)
  assert.equal(decodeInner(ring.view, frame, inner), Reason.none)
  const addresses = [c.newOuter.source, c.newOuter.destination, c.newInner.source, c.newInner.destination]
  const words = Int32Array.from(addresses.flatMap((text) => [...parse(text)!]))
  const source = c.keepSource ? -1 : 0
  const destination = c.keepDestination ? -1 : 4
  const { sourcePort, destinationPort } = c.newInner
  const reason = translateError(ring.view, frame, inner, words, source, destination, 8, sourcePort, 12, destinationPort)
  const bytes = ring.get(AT, length)
  ring.assertOnly(AT, AT + length)
  return { reason, bytes }
}

/** By the RFCs: translate the whole packet first, cut it, wrap it with the new outer addresses. */
function rebuilt(c: Case, quote: number): Uint8Array {
  const { about, newInner, newOuter, outer } = c
  const bytes = about.built.bytes.slice()
  const ports = [newInner.sourcePort, newInner.destinationPort] as const
  naive.setTuple(bytes, about.transport, addressBytes(newInner.source), addressBytes(newInner.destination), ports)
  naive.setHeaderChecksum(bytes)
  const protocol = { tcp: 6, udp: 17, sctp: 132, icmp: 1, other: 0 }[about.kind]
  naive.setTransportChecksum(bytes, about.transport, protocol)
  const field = about.transport + naive.checksumAt(protocol)
  // Of half a checksum nobody can tell what it becomes: it stays.
  if (quote < field + (protocol === 132 ? 4 : 2)) bytes.set(about.built.bytes.subarray(field), field)
  const wrapped: Case = {
    ...c,
    about: { ...about, built: { bytes, partial: false } },
    outer: {
      ...outer,
      source: c.keepSource ? outer.source : newOuter.source,
      destination: c.keepDestination ? outer.destination : newOuter.destination,
    },
  }
  return errorOf({ ...wrapped, more: quote - about.transport - 8 }).built.bytes
}

test('a translated error is the translated packet, cut as before, in an error rebuilt', () => {
  fc.assert(
    fc.property(cases, (c) => {
      fc.pre(c.about.checksum !== 'partial')
      const { built, quote } = errorOf(c)
      const { reason, bytes } = translated(built, c)
      assert.equal(reason, Reason.none)
      assert.deepEqual(bytes, rebuilt(c, quote))
    }),
    RUNS,
  )
})

test('an error whose own checksum is wrong is refused and stays as it was', () => {
  fc.assert(
    fc.property(cases, fc.nat(0xffff), fc.integer({ min: 1, max: 0xfffe }), (c, where, flip) => {
      const { built } = errorOf(c)
      const bytes = built.bytes.slice()
      const header = c.outer.source.includes(':') ? 40 : 20
      // Any 16 bits of the ICMP message but those that decide how it is read.
      const fields = [header + 2, header + 4, header + 6]
      const at = fields[where % fields.length]
      bytes[at] ^= flip >>> 8
      bytes[at + 1] ^= flip & 255
      const result = translated({ ...built, bytes }, c)
      const changed = naive.internetChecksum(bytes.subarray(at, at + 2)) % 0xffff
      const before = naive.internetChecksum(built.bytes.subarray(at, at + 2)) % 0xffff
      if (changed === before) return // 0 and 0xffff are one number in this sum
      assert.equal(result.reason, Reason.badIcmpChecksum)
      assert.deepEqual(result.bytes, bytes)
    }),
    RUNS,
  )
})

test('the frames say afterwards what a new decode would say', () => {
  fc.assert(
    fc.property(cases, (c) => {
      const { bytes } = translated(errorOf(c).built, c)
      ring.put({ bytes, partial: false }, AT)
      const [outside, inside] = [new Frame(), new Frame()]
      decode(ring.view, AT, AT + bytes.length, outside)
      decodeInner(ring.view, outside, inside)
      assert.deepEqual([outside, inside], [frame, inner])
      ring.assertOnly(AT, AT + bytes.length)
    }),
    RUNS,
  )
})

test('an error about a packet whose UDP checksum is absent leaves it absent', () => {
  const about = udp({ from: '203.0.113.1:53', to: '192.0.2.9:999', checksum: 'none' })
  const ends = { source: '203.0.113.7', sourcePort: 53, destination: '198.51.100.2', destinationPort: 5 }
  const c: Case = {
    about: { built: about, kind: 'udp', transport: 20, checksum: 'none' },
    more: 0,
    outer: ends,
    newOuter: ends,
    newInner: ends,
    keepSource: true,
    keepDestination: true,
  }
  const { bytes } = translated(errorOf(c).built, c)
  assert.deepEqual([...bytes.slice(48 + 6, 48 + 8)], [0, 0])
})
