/** What a real IPVS put on the wire (Linux 6.1, client's UDP `xxxxx` from 192.0.2.100 to 192.0.2.45:80), byte for byte. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Ring } from '../../test/packets/ring.js'
import { parse } from '../address/words.js'
import { Reason } from '../failure/reason.js'
import { decode } from '../wire/decode.js'
import { Frame } from '../wire/frame.js'
import { gre, gue, ipip, Outer } from './encapsulate.js'
import type { Sendable } from './pieces.js'

const AT = 131
const ring = new Ring()
const frame = new Frame()
const outer = new Outer()
const bytesOf = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex.replace(/\s/g, ''), 'hex'))

const INNER = '4503 0021 0000 4000 3f11 b737 c000 0264 c000 022d'
const INNER_V6 = '6039 aa0f 000d 113f 20010db8000000000000000000000100 20010db8000000000000000000000045'
const BODY = '0050 000d 84b0 7878 7878 78'
/** The pseudo-header's sum, as the client's device left it. */
const partial = { checksumStart: 20, checksumOffset: 6 }

function wrapped(inner: string, family: 4 | 6, wrap: (packet: Sendable) => void): string {
  const bytes = bytesOf(inner)
  const [source, destination] = family === 4 ? ['192.0.2.10', '192.0.2.21'] : ['2001:db8::45', '2001:db8::21']
  ring.put({ bytes, partial: false }, AT)
  assert.equal(decode(ring.view, AT, AT + bytes.length, frame), Reason.none)
  outer.inherit(ring.view, frame)
  outer.family = family
  outer.words.set([...parse(source)!, ...parse(destination)!])
  const packet = { at: AT, length: bytes.length, flags: 1, gsoType: 0, gsoSize: 0, ...partial }
  wrap(packet)
  const result = Buffer.from(ring.get(packet.at, packet.length)).toString('hex')
  ring.assertOnly(packet.at, AT + bytes.length)
  return result
}

/** The identification of the outer header is whoever sends it's to choose, and GUE's source port the flow's. */
function assertSame(actual: string, recorded: string, blank: [number, number][] = []): void {
  const [a, b] = [Buffer.from(actual, 'hex'), Buffer.from(recorded.replace(/\s/g, ''), 'hex')]
  for (const [from, to] of blank) for (const buffer of [a, b]) buffer.fill(0, from, to)
  assert.equal(a.toString('hex'), b.toString('hex'))
}

const OUTER_V6 = '20010db8000000000000000000000045 20010db8000000000000000000000021'

test('IP in IP: DF and hop limit from inside, congestion experienced as "capable of it"', () => {
  const recorded = `4502 0035 0000 4000 3f04 b7a3 c000 020a c000 0215 ${INNER} 138a ${BODY}`
  assertSame(
    wrapped(`${INNER} 138a ${BODY}`, 4, (packet) => ipip(ring.view, packet, outer)),
    recorded,
  )
})

test('IPv4 in IPv6, IPv6 in IPv6, IPv6 in IPv4', () => {
  const wrap = (packet: Sendable) => ipip(ring.view, packet, outer)
  const v6 = `${INNER_V6} 1396 0050 000d 5cd5 7878 7878 78`
  assertSame(wrapped(`${INNER} 1393 ${BODY}`, 6, wrap), `6020 0000 0021 043f ${OUTER_V6} ${INNER} 1393 ${BODY}`)
  assertSame(wrapped(v6, 6, wrap), `6020 0000 0035 293f ${OUTER_V6} ${v6}`)
  const inV4 = `4502 0049 ea7a 0000 3f29 0cf0 c000 020a c000 0215 ${v6}`
  // Identification and the checksum over it.
  assertSame(wrapped(v6, 4, wrap), inV4, [
    [4, 6],
    [10, 12],
  ])
})

test('GRE, without and with its checksum', () => {
  const plain = `4502 0039 0000 4000 3f2f b774 c000 020a c000 0215 0000 0800 ${INNER} 138b ${BODY}`
  assertSame(
    wrapped(`${INNER} 138b ${BODY}`, 4, (packet) => gre(ring.view, packet, outer, false)),
    plain,
  )
  // IPVS summed what its device would complete: the checksum inside is the finished one.
  const finished = `${INNER} 138c 0050 000d ${finishedUdp('138c')} 7878 7878 78`
  const summed = `4502 003d 0000 4000 3f2f b770 c000 020a c000 0215 8000 0800 fcaf 0000 ${finished}`
  assertSame(
    wrapped(finished, 4, (packet) => gre(ring.view, packet, outer, true)),
    summed,
  )
})

test('GUE, without checksum, with one, and with one that the far end completes', () => {
  const wrap = (hasChecksum: boolean, isRemote: boolean) => (packet: Sendable) =>
    gue(ring.view, packet, outer, 6080, hasChecksum, isRemote)
  const source: [number, number] = [20, 22]
  const plain = `4502 0041 0000 4000 3f11 b78a c000 020a c000 0215 a776 17c0 002d 0000 0004 0000 ${INNER} 138d ${BODY}`
  assertSame(wrapped(`${INNER} 138d ${BODY}`, 4, wrap(false, false)), plain, [source])
  const remote = `4502 0049 0000 4000 3f11 b782 c000 020a c000 0215 abe2 17c0 0035 8466 0204 0001 8000 0000 0014 001a ${INNER} 138f ${BODY}`
  // The recorded outer checksum was itself left to a device.
  const checksum: [number, number] = [26, 28]
  assertSame(wrapped(`${INNER} 138f ${BODY}`, 4, wrap(true, true)), remote, [source, checksum])
  const v6 =
    '603e 9cc3 000d 113f 20010db8000000000000000000000100 20010db8000000000000000000000045 1397 0050 000d 5cd5 7878 7878 78'
  const inV6 = `6020 0000 0041 113f ${OUTER_V6} 9371 17c0 0041 0000 0029 0000 ${v6}`
  assertSame(wrapped(v6, 6, wrap(false, false)), inV6, [[40, 42]])
})

test('GUE tells flows apart by its source port, from the range of local ports', () => {
  const ports = new Set<number>()
  for (let client = 0; client < 64; client++) {
    const port = (5000 + client).toString(16)
    const hex = wrapped(`${INNER} ${port} ${BODY}`, 4, (packet) => gue(ring.view, packet, outer, 6080, true, false))
    ports.add(Number.parseInt(hex.slice(40, 44), 16))
  }
  assert.ok(ports.size > 60, `${ports.size} ports`)
  for (const port of ports) assert.ok(port >= 32_768 && port <= 60_999)
})

/** The client's UDP checksum for its source port, in hex: the pseudo-header's 0x84b0 and the datagram, complemented. */
function finishedUdp(port: string): string {
  const words = [0x84b0, Number.parseInt(port, 16), 0x0050, 0x000d, 0x7878, 0x7878, 0x7800]
  let sum = words.reduce((total, word) => total + word, 0)
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16)
  return (0xffff - sum).toString(16).padStart(4, '0')
}
