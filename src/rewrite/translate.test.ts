import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Endpoints, endpoints, family, type Sample, sample, written } from '../../test/packets/arbitrary.js'
import { addressBytes, type Built, fragments, mutate, sctp, tcp, udp } from '../../test/packets/build.js'
import * as naive from '../../test/packets/naive.js'
import { Ring } from '../../test/packets/ring.js'
import { parse } from '../address/words.js'
import { Reason } from '../failure/reason.js'
import { decode } from '../wire/decode.js'
import { Frame } from '../wire/frame.js'
import { translate } from './translate.js'

const AT = 131 // odd: nothing may count on alignment
const RUNS = { numRuns: 1000, seed: 20_001 }
const ring = new Ring()
const frame = new Frame()

function translated(built: Built, to: Endpoints): Uint8Array {
  const { length } = built.bytes
  ring.put(built, AT)
  assert.equal(decode(ring.view, AT, AT + length, frame), Reason.none)
  frame.partialChecksum = built.partial
  const words = Int32Array.from([99, ...parse(to.source)!, 98, ...parse(to.destination)!])
  translate(ring.view, frame, words, 1, to.sourcePort, 6, to.destinationPort)
  const result = ring.get(AT, length)
  ring.assertOnly(AT, AT + length)
  return result
}

/** The same by the RFCs: write the tuple, then sum everything again. */
function rebuilt({ built, kind, transport, checksum }: Sample, to: Endpoints): Uint8Array {
  const bytes = built.bytes.slice()
  const ports =
    kind === 'tcp' || kind === 'udp' || kind === 'sctp' ? ([to.sourcePort, to.destinationPort] as const) : null
  naive.setTuple(bytes, transport, addressBytes(to.source), addressBytes(to.destination), ports)
  naive.setHeaderChecksum(bytes)
  if (checksum === 'partial') naive.setPartialChecksum(bytes, transport, protocolOf[kind])
  else if (kind !== 'other') naive.setTransportChecksum(bytes, transport, icmpOr(bytes, kind))
  return bytes
}

const protocolOf = { tcp: 6, udp: 17, sctp: 132, icmp: 1, other: 89 }
const icmpOr = (bytes: Uint8Array, kind: Sample['kind']): number =>
  kind === 'icmp' && bytes[0] >>> 4 === 6 ? 58 : protocolOf[kind]

const samples = family.chain((of) => fc.record({ packet: sample(of), to: endpoints(of) }))
const damaged = family.chain((of) => fc.record({ packet: sample(of, ['wrong']), to: endpoints(of) }))

test('a translated packet is the packet rebuilt with the new addresses and ports, byte for byte', () => {
  fc.assert(
    fc.property(samples, ({ packet, to }) => {
      assert.deepEqual(translated(packet.built, to), rebuilt(packet, to))
    }),
    RUNS,
  )
})

test('a damaged packet stays damaged', () => {
  fc.assert(
    fc.property(damaged, ({ packet, to }) => {
      fc.pre(packet.kind !== 'other')
      const protocol = icmpOr(packet.built.bytes, packet.kind)
      const field = packet.transport + naive.checksumAt(protocol)
      const healed = rebuilt(packet, to)
      const result = translated(packet.built, to)
      assert.notDeepEqual(result.slice(field, field + 2), healed.slice(field, field + 2))
      result.set(healed.subarray(field, field + 4), field)
      assert.deepEqual(result, healed)
    }),
    RUNS,
  )
})

test('there and back again is the same packet', () => {
  fc.assert(
    fc.property(samples, ({ packet, to }) => {
      const { built } = packet
      ring.put(built, AT)
      decode(ring.view, AT, AT + built.bytes.length, frame)
      const back = Int32Array.from(frame.words)
      const { sourcePort, destinationPort } = frame
      frame.partialChecksum = built.partial
      const words = Int32Array.from([...parse(to.source)!, ...parse(to.destination)!])
      translate(ring.view, frame, words, 0, to.sourcePort, 4, to.destinationPort)
      translate(ring.view, frame, back, 0, sourcePort, 4, destinationPort)
      assert.deepEqual(ring.get(AT, built.bytes.length), built.bytes)
      assert.deepEqual(frame.words, back)
      ring.assertOnly(AT, AT + built.bytes.length)
    }),
    RUNS,
  )
})

test('the frame says afterwards what a new decode would say', () => {
  fc.assert(
    fc.property(samples, ({ packet, to }) => {
      ring.put({ ...packet.built, bytes: translated(packet.built, to) }, AT)
      const after = new Frame()
      decode(ring.view, AT, AT + packet.built.bytes.length, after)
      after.partialChecksum = packet.built.partial
      assert.deepEqual(after, frame)
      ring.assertOnly(AT, AT + packet.built.bytes.length)
    }),
    RUNS,
  )
})

test('UDP: a sum that comes out as 0 is sent as 0xffff, none stays none', () => {
  const from = '192.0.2.1:7'
  const to: Endpoints = { source: '0.0.0.0', sourcePort: 0, destination: '0.0.0.0', destinationPort: 0 }
  // Pseudo-header, ports and payload of the result add up to 0xffff: 17 + 10 + 10 + 0xffda.
  const built = udp({ from, to: '192.0.2.45:53', payload: Uint8Array.of(0xff, 0xda) })
  const result = translated(built, to)
  assert.deepEqual([...result.slice(26, 28)], [0xff, 0xff])
  assert.deepEqual([...translated(udp({ from, to: '192.0.2.45:53', checksum: 'none' }), to).slice(26, 28)], [0, 0])
})

test('TCP: the checksum is 0 where summing gives 0', () => {
  const to: Endpoints = { source: '0.0.0.0', sourcePort: 0, destination: '0.0.0.0', destinationPort: 0 }
  // 6 + 20 + 0x5010 + 0xafd5 = 0xffff
  const built = tcp({ from: '192.0.2.1:7', to: '192.0.2.45:80', sequence: 0, window: 0xafd5 })
  assert.deepEqual([...translated(built, to).slice(36, 38)], [0, 0])
})

test('fragments of one packet, each translated alone, make up the translated packet', () => {
  for (const [from, to, source, destination] of [
    ['192.0.2.1:5000', '192.0.2.45:80', '198.51.100.1', '10.255.0.1'],
    ['[2001:db8::1]:5000', '[2001:db8::45]:80', '2001:db8:1::ffff', 'fd00::2'],
  ]) {
    const ends = { source, sourcePort: 1, destination, destinationPort: 8080 }
    const words = { from, to, payload: 'x'.repeat(99) }
    const pieces = fragments(words, 32, tcp)
    const expected = fragments({ ...words, from: written(source, 1), to: written(destination, 8080) }, 32, tcp)
    assert.deepEqual(
      pieces.map((piece) => translated(piece, ends)),
      expected.map((piece) => piece.bytes),
    )
  }
})

test('SCTP: nothing but its ports is covered, and its CRC follows them over long packets', () => {
  const payload = Uint8Array.from({ length: 9000 }, (_, i) => i * 7)
  const before = sctp({ from: '192.0.2.1:5000', to: '192.0.2.45:80', payload })
  const after = sctp({ from: '10.0.0.1:65535', to: '10.0.0.2:1', payload })
  const to = { source: '10.0.0.1', sourcePort: 65535, destination: '10.0.0.2', destinationPort: 1 }
  assert.deepEqual(translated(before, to), after.bytes)
})

test('link padding after the packet is left alone', () => {
  const built = tcp({ from: '192.0.2.1:5000', to: '192.0.2.45:80' })
  const padded = { ...built, bytes: Uint8Array.from([...built.bytes, 1, 2, 3, 4, 5, 6]) }
  const to = { source: '10.0.0.1', sourcePort: 1, destination: '10.0.0.2', destinationPort: 2 }
  const expected = tcp({ from: '10.0.0.1:1', to: '10.0.0.2:2' })
  assert.deepEqual([...translated(padded, to)], [...expected.bytes, 1, 2, 3, 4, 5, 6])
})

test('a TCP checksum sent as 0xffff, which also means 0, stays acceptable', () => {
  const to = { source: '0.0.0.0', sourcePort: 0, destination: '0.0.0.0', destinationPort: 0 }
  const zero = tcp({ from: '0.0.0.0:0', to: '0.0.0.0:0', sequence: 0, window: 0xafd5 })
  assert.deepEqual([...zero.bytes.slice(36, 38)], [0, 0])
  const result = translated(mutate(zero, { 36: 0xff, 37: 0xff }), to)
  assert.equal(naive.internetChecksum(naive.pseudoHeader(result, 6, 20), result.subarray(20)), 0)
})
