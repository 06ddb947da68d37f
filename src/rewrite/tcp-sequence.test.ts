import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Endpoints, endpoints, family, word16, written } from '../../test/packets/arbitrary.js'
import { type Built, cut, type Extension, mutate, type Tcp, tcp } from '../../test/packets/build.js'
import { Ring } from '../../test/packets/ring.js'
import { Reason } from '../failure/reason.js'
import { decode, decodeInner } from '../wire/decode.js'
import { Frame } from '../wire/frame.js'
import { findTimestamps, shiftSequence, shiftTimestamps } from './tcp-sequence.js'

const AT = 131 // odd: nothing may count on alignment
const RUNS = { numRuns: 1000, seed: 20_003 }
const ring = new Ring()
const frame = new Frame()

interface Numbers {
  sequence: number
  acknowledgement: number
  value: number
  echo: number
  edges: number[]
}

const word32 = fc.tuple(word16, word16).map(([high, low]) => ((high << 16) | low) >>> 0)
const numbers: fc.Arbitrary<Numbers> = fc.record({
  sequence: word32,
  acknowledgement: word32,
  value: word32,
  echo: word32,
  edges: fc.array(fc.tuple(word32, word32), { maxLength: 3 }).map((blocks) => blocks.flat()),
})

interface Shape {
  of: 4 | 6
  ends: Endpoints
  flags: string
  /** No-operations before each option, so that they lie at any place. */
  pads: number[]
  sackFirst: boolean
  timestamps: boolean
  payload: Uint8Array
  checksum: 'right' | 'partial'
}

const shape: fc.Arbitrary<Shape> = family.chain((of) =>
  fc.record({
    of: fc.constant(of),
    ends: endpoints(of),
    flags: fc.constantFrom('S', 'SA', 'A', 'PA', 'FA', 'R', 'RA'),
    pads: fc.array(fc.nat(1), { minLength: 2, maxLength: 2 }),
    sackFirst: fc.boolean(),
    timestamps: fc.boolean(),
    payload: fc.uint8Array({ maxLength: 50 }),
    checksum: fc.constantFrom<'right' | 'partial'>('right', 'partial'),
  }),
)

const bytesOf = (word: number): number[] => [word >>> 24, (word >>> 16) & 255, (word >>> 8) & 255, word & 255]
const noOperations = (count: number): number[] => new Array<number>(count).fill(1)

function segment({ of, ends, flags, pads, sackFirst, timestamps, payload, checksum }: Shape, n: Numbers): Built {
  const sack = n.edges.length === 0 ? [] : [5, 2 + n.edges.length * 4, ...n.edges.flatMap(bytesOf)]
  const stamps = timestamps ? [8, 10, ...bytesOf(n.value), ...bytesOf(n.echo)] : []
  const [first, second] = sackFirst ? [sack, stamps] : [stamps, sack]
  const extensions: Extension[] = of === 6 ? [{ kind: 'destination', body: [1, 12] }] : []
  const words: Tcp = {
    from: written(ends.source, ends.sourcePort),
    to: written(ends.destination, ends.destinationPort),
  }
  const tcpOptions = [...noOperations(pads[0]), ...first, ...noOperations(pads[1]), ...second]
  return tcp({ ...words, flags, payload, checksum, extensions, tcpOptions, ...pick(n) })
}

const pick = ({ sequence, acknowledgement }: Numbers) => ({ sequence, acknowledgement })
const sum = (a: number, b: number): number => (a + b) >>> 0

function changed(built: Built, change: (view: DataView) => void): Uint8Array {
  const { length } = built.bytes
  ring.put(built, AT)
  assert.equal(decode(ring.view, AT, AT + length, frame), Reason.none)
  frame.partialChecksum = built.partial
  change(ring.view)
  const result = ring.get(AT, length)
  ring.assertOnly(AT, AT + length)
  return result
}

test('a shifted segment is the segment built with the other numbers, byte for byte', () => {
  fc.assert(
    fc.property(shape, numbers, word32, word32, (form, n, forward, back) => {
      const acked = form.flags.includes('A') ? back : 0
      const expected = segment(form, {
        ...n,
        sequence: sum(n.sequence, forward),
        acknowledgement: sum(n.acknowledgement, acked),
        edges: n.edges.map((edge) => sum(edge, acked)),
      })
      const result = changed(segment(form, n), (view) => shiftSequence(view, frame, forward, back))
      assert.deepEqual(result, expected.bytes)
    }),
    RUNS,
  )
})

test('shifted timestamps are those of the segment built with them', () => {
  fc.assert(
    fc.property(shape, numbers, word32, word32, (form, n, forward, back) => {
      const echoed = form.flags.includes('A') ? back : 0
      const expected = segment(form, { ...n, value: sum(n.value, forward), echo: sum(n.echo, echoed) })
      const result = changed(segment(form, n), (view) => shiftTimestamps(view, frame, forward, back))
      assert.deepEqual(result, expected.bytes)
    }),
    RUNS,
  )
})

test('there and back again is the same segment', () => {
  fc.assert(
    fc.property(shape, numbers, word32, word32, (form, n, forward, back) => {
      const built = segment(form, n)
      const result = changed(built, (view) => {
        shiftSequence(view, frame, forward, back)
        shiftTimestamps(view, frame, forward, back)
        shiftTimestamps(view, frame, -forward, -back)
        shiftSequence(view, frame, -forward, -back)
      })
      assert.deepEqual(result, built.bytes)
    }),
    RUNS,
  )
})

const ENDS = { from: '192.0.2.1:5000', to: '192.0.2.45:80' }

test('options that cannot be read stay as they are; the header is shifted all the same', () => {
  const stamps = [8, 10, 0, 0, 0, 1, 0, 0, 0, 2]
  const forms = [
    [0, ...stamps],
    [2, 1, ...stamps],
    [2, 0, ...stamps],
    [254, 60, ...stamps],
    [1, 1, 8],
    [8, 6, 0, 0, 0, 1, 1, 1],
  ]
  for (const tcpOptions of forms) {
    const words: Tcp = { ...ENDS, sequence: 7, acknowledgement: 9, tcpOptions, payload: Uint8Array.from(stamps) }
    const result = changed(tcp(words), (view) => {
      assert.equal(findTimestamps(view, frame), 0)
      shiftTimestamps(view, frame, 5, 5)
      shiftSequence(view, frame, -8, 1)
    })
    assert.deepEqual(result, tcp({ ...words, sequence: 0xffff_ffff, acknowledgement: 10 }).bytes)
  }
})

test('of a packet cut short inside an ICMP error what is there is shifted', () => {
  const words: Tcp = { ...ENDS, sequence: 7, acknowledgement: 9, tcpOptions: [8, 10, 0, 0, 0, 1, 0, 0, 0, 2] }
  const whole = tcp(words)
  const shifted = tcp({ ...words, sequence: 107, acknowledgement: 59 })
  const outer = new Frame()
  for (let quote = 28; quote <= whole.bytes.length; quote++) {
    Object.assign(outer, { at: 0, length: AT + quote, family: 4, transport: AT - 8 })
    const quoted = cut(whole, quote)
    ring.put(quoted, AT)
    assert.equal(decodeInner(ring.view, outer, frame), Reason.none)
    shiftSequence(ring.view, frame, 100, 50)
    const acknowledged = quote > 33 // the flags are there
    const expected = cut(acknowledged ? shifted : mutate(whole, { 27: 107 }), quote)
    const upTo = acknowledged && quote >= 38 ? quote : 34
    assert.deepEqual(ring.get(AT, quote).slice(0, upTo), expected.bytes.slice(0, upTo))
    ring.assertOnly(AT, AT + quote)
  }
})
