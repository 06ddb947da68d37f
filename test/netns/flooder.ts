/**
 * SYNs or datagrams from addresses of 10.0.0.0/8, each another one: `node flooder.js tcp|udp ADDRESS PORT TOTAL PER_SECOND`.
 *
 * Whole packets by a raw socket. Prints `listening` when it begins, and then one line of JSON: how many were sent, and in
 * how many milliseconds.
 */
import { parse } from '../../src/address/words.js'
import { addressOf } from '../../src/sys/libc.js'
import { RawSocket } from '../../src/sys/raw-socket.js'
import { tcp, udp } from '../packets/build.js'

const [protocol, address, port, total, perSecond] = process.argv.slice(2)
const IP_SOURCE = 12
const CHECKSUM = { tcp: 36, udp: 26 }[protocol]!
const BETWEEN_LOOKS = 64
/** Longer than it should take, for what the kernel refuses is sent again. */
const PATIENCE = 4
const ends = { from: '10.0.0.0:1234', to: `${address}:${port}` }
const { bytes } = protocol === 'tcp' ? tcp({ ...ends, flags: 'S' }) : udp(ends)
const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
const at = addressOf(bytes)
const next = Int32Array.from(parse(address)!)
const socket = new RawSocket(4)
const plain = view.getUint16(CHECKSUM)

console.log('listening')
const begin = performance.now()
const end = begin + (PATIENCE * 1000 * Number(total)) / Number(perSecond)
let sent = 0
while (sent < Number(total) && performance.now() < end) {
  const due = Math.min(Number(total), ((performance.now() - begin) * Number(perSecond)) / 1000)
  for (let i = 0; i < BETWEEN_LOOKS && sent < due; i++) if (sendNext()) sent++
}
console.log(JSON.stringify({ sent, tookMs: performance.now() - begin }))

/** The checksum covers the source address, whose low 24 bits count (RFC 1624). */
function sendNext(): boolean {
  const n = sent & 0xffffff
  view.setUint32(IP_SOURCE, 0x0a00_0000 + n)
  let sum = (~plain & 0xffff) + (n >>> 16) + (n & 0xffff)
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16)
  view.setUint16(CHECKSUM, ~sum || 0xffff)
  return socket.send(at, bytes.length, next)
}
