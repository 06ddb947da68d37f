/**
 * A flood of SYNs from addresses of 10.0.0.0/8, each another one: `node flooder.js ADDRESS PORT SECONDS PER_SECOND`.
 *
 * Whole packets by a raw socket. Prints `listening` when it begins, and then one line of
 * JSON: how many were sent.
 */
import { parse } from '../../src/address/words.js'
import { addressOf } from '../../src/sys/libc.js'
import { RawSocket } from '../../src/sys/raw-socket.js'
import { tcp } from '../packets/build.js'

const [address, port, seconds, perSecond] = process.argv.slice(2)
const SYN_SOURCE = 12
const TCP_CHECKSUM = 36
const BETWEEN_LOOKS = 64
const { bytes } = tcp({ from: '10.0.0.0:1234', to: `${address}:${port}`, flags: 'S' })
const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
const at = addressOf(bytes)
const next = Int32Array.from(parse(address)!)
const socket = new RawSocket(4)
const plain = view.getUint16(TCP_CHECKSUM)

console.log('listening')
const begin = performance.now()
let sent = 0
for (let elapsedMs = 0; elapsedMs < Number(seconds) * 1000; elapsedMs = performance.now() - begin)
  for (let i = 0; i < BETWEEN_LOOKS && sent < (elapsedMs * Number(perSecond)) / 1000; i++) if (sendNext()) sent++
console.log(JSON.stringify({ sent }))

/** The checksum covers the source address, whose low 24 bits count (RFC 1624). */
function sendNext(): boolean {
  const n = sent & 0xffffff
  view.setUint32(SYN_SOURCE, 0x0a00_0000 + n)
  let sum = (~plain & 0xffff) + (n >>> 16) + (n & 0xffff)
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16)
  view.setUint16(TCP_CHECKSUM, ~sum)
  return socket.send(at, bytes.length, next)
}
