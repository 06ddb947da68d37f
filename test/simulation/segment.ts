/** TCP segments over IPv4 and IPv6 as bytes, summed the slow way: the simulation's own idea of what is right. */
import assert from 'node:assert/strict'
import { format, parse } from '../../src/address/words.js'

export interface Segment {
  from: string
  fromPort: number
  to: string
  toPort: number
  sequence: number
  acknowledgement: number
  /** Bits: FIN 1, SYN 2, RST 4, ACK 16. */
  flags: number
  text: string
  /** Value and echo; null: the option is not there. */
  timestamps: readonly [number, number] | null
}

const MAPPED = [0, 0, 0xffff]

export function encode(s: Segment): Uint8Array {
  const [from, to] = [parse(s.from)!, parse(s.to)!]
  const v4 = !s.from.includes(':')
  const payload = new TextEncoder().encode(s.text)
  const header = v4 ? 20 : 40
  const options = s.timestamps === null ? 0 : 12
  const bytes = new Uint8Array(header + 20 + options + payload.length)
  const view = new DataView(bytes.buffer)
  if (v4) {
    view.setUint16(0, 0x4500)
    view.setUint16(2, bytes.length)
    view.setUint16(8, 0x4006)
    view.setInt32(12, from[3])
    view.setInt32(16, to[3])
    view.setUint16(10, ~sum(view, 0, 20, 0) & 0xffff)
  } else {
    view.setUint8(0, 0x60)
    view.setUint16(4, 20 + options + payload.length)
    view.setUint16(6, 0x0640)
    for (let i = 0; i < 4; i++) {
      view.setInt32(8 + i * 4, from[i])
      view.setInt32(24 + i * 4, to[i])
    }
  }
  view.setUint16(header, s.fromPort)
  view.setUint16(header + 2, s.toPort)
  view.setUint32(header + 4, s.sequence)
  view.setUint32(header + 8, s.acknowledgement)
  view.setUint16(header + 12, ((20 + options) << 10) | s.flags)
  if (s.timestamps !== null) {
    view.setUint32(header + 20, 0x0101_080a)
    view.setUint32(header + 24, s.timestamps[0])
    view.setUint32(header + 28, s.timestamps[1])
  }
  bytes.set(payload, header + 20 + options)
  view.setUint16(header + 16, ~tcpSum(view, header) & 0xffff)
  return bytes
}

/** Reads a segment and insists that every checksum in it holds. */
export function decode(bytes: Uint8Array): Segment {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const v4 = bytes[0] >>> 4 === 4
  const header = v4 ? 20 : 40
  if (v4) assert.equal(sum(view, 0, 20, 0), 0xffff, 'IPv4 header checksum')
  assert.equal(tcpSum(view, header), 0xffff, 'TCP checksum')
  const word = (at: number) => view.getInt32(at)
  const words = (at: number) => (v4 ? [...MAPPED, word(at)] : [word(at), word(at + 4), word(at + 8), word(at + 12)])
  return {
    from: format(words(v4 ? 12 : 8)),
    to: format(words(v4 ? 16 : 24)),
    fromPort: view.getUint16(header),
    toPort: view.getUint16(header + 2),
    sequence: view.getUint32(header + 4),
    acknowledgement: view.getUint32(header + 8),
    flags: bytes[header + 13],
    timestamps: bytes[header + 12] >>> 4 === 8 ? [view.getUint32(header + 24), view.getUint32(header + 28)] : null,
    text: new TextDecoder().decode(bytes.subarray(header + (bytes[header + 12] >>> 4) * 4)),
  }
}

function tcpSum(view: DataView, header: number): number {
  const length = view.byteLength - header
  const addresses = header === 20 ? sum(view, 12, 8, 0) : sum(view, 8, 32, 0)
  return sum(view, header, length, addresses + 6 + length)
}

function sum(view: DataView, at: number, length: number, initial: number): number {
  let total = initial
  for (let i = 0; i < length; i++) total += view.getUint8(at + i) << (i % 2 ? 0 : 8)
  while (total > 0xffff) total = (total & 0xffff) + (total >>> 16)
  return total
}
