import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Built, type Tcp, tcp } from '../../test/packets/build.js'
import { Ring } from '../../test/packets/ring.js'
import { Reason } from '../failure/reason.js'
import { HEADROOM, Packet } from '../io/port.js'
import { decode } from '../wire/decode.js'
import { Frame } from '../wire/frame.js'
import { reset } from './reset.js'

const PAIRS = [
  { from: '198.51.100.7:5000', to: '192.0.2.45:80' },
  { from: '[2001:db8::7]:5000', to: '[2001:db8::45]:80' },
]
const ring = new Ring()
const frame = new Frame()
const packet = new Packet()

function answered(built: Built): Uint8Array | null {
  const { length } = built.bytes
  ring.put(built, HEADROOM)
  Object.assign(packet, { at: HEADROOM, length, flags: 1, gsoType: 1, gsoSize: 1400 })
  assert.equal(decode(ring.view, HEADROOM, HEADROOM + length, frame), Reason.none)
  const result = reset(ring.view, packet, frame) ? ring.get(packet.at, packet.length) : null
  ring.assertOnly(HEADROOM, HEADROOM + length)
  return result
}

const both = (
  check: (pair: { from: string; to: string }, back: Partial<Tcp> & { from: string; to: string }) => void,
) => {
  for (const pair of PAIRS) check(pair, { from: pair.to, to: pair.from, window: 0, dontFragment: true })
}

test('a segment with ACK is answered from where it believes we are (RFC 9293 3.10.7.1)', () => {
  both((pair, back) => {
    const segment = tcp({ ...pair, flags: 'PA', sequence: 7, acknowledgement: 0xffff_fff0, payload: 'hello' })
    assert.deepEqual(answered(segment), tcp({ ...back, flags: 'R', sequence: 0xffff_fff0 }).bytes)
  })
})

test('one without ACK has its whole length acknowledged, SYN and FIN counted', () => {
  both((pair, back) => {
    for (const [flags, length] of [
      ['S', 1],
      ['F', 1],
      ['SF', 2],
      ['P', 0],
    ] as const) {
      const segment = tcp({ ...pair, flags, sequence: 0xffff_fffe, payload: 'hello', tcpOptions: [2, 4, 5, 180] })
      const acknowledgement = (0xffff_fffe + 5 + length) >>> 0
      assert.deepEqual(answered(segment), tcp({ ...back, flags: 'RA', sequence: 0, acknowledgement }).bytes)
    }
  })
})

test('a reset is never answered', () => {
  both((pair) => assert.equal(answered(tcp({ ...pair, flags: 'RA' })), null))
})

test('the segment leaves as a new packet: a fresh TTL, no urgent pointer, no offload', () => {
  both((pair, back) => {
    const segment = tcp({ ...pair, flags: 'AU', acknowledgement: 5, ttl: 3, id: 77, checksum: 'partial' })
    assert.deepEqual(answered(segment), tcp({ ...back, flags: 'R', sequence: 5 }).bytes)
    assert.deepEqual([packet.flags, packet.gsoType, packet.gsoSize], [0, 0, 0])
  })
})
