/**
 * A raw ICMP or ICMPv6 socket for echo requests (raw(7), icmp(7)). It hears the replies to everybody: who is meant, the
 * data must say.
 */
import { closeSync } from 'node:fs'
import { addressOf, check, errno, read, sendto, socket, systemFailure } from './libc.js'
import { watchReadable } from './poll.js'

const DOMAIN = { 4: 2, 6: 10 } as const
const SOCK_RAW = 3
const FLAGS = 0o4000 | 0o2000000
const PROTOCOL = { 4: 1, 6: 58 } as const
const REQUEST = { 4: 8, 6: 128 } as const
const REPLY = { 4: 0, 6: 129 } as const
const HEADER = 8
const LONGEST = 2048
const PER_TURN = 64

/** `words` is the address as four words. Fails with permission (CAP_NET_RAW). */
export function openEchoSocket(family: 4 | 6, words: Int32Array, heard: (data: Buffer) => void) {
  const fd = check(socket(DOMAIN[family], SOCK_RAW | FLAGS, PROTOCOL[family]), 'socket for echo requests')
  const buffer = Buffer.alloc(LONGEST)
  const watch = watchReadable(fd, () => {
    for (let i = 0; i < PER_TURN; i++) {
      const length = read(fd, addressOf(buffer), LONGEST)
      if (length <= 0) return
      // An IPv4 socket sees the IP header, an IPv6 one does not.
      const at = family === 4 ? (buffer[0] & 15) << 2 : 0
      if (buffer[at] === REPLY[family] && length >= at + HEADER)
        heard(Buffer.from(buffer.subarray(at + HEADER, length)))
    }
  })
  const to = destination(family, words)
  return {
    send(data: Buffer): void {
      const packet = Buffer.concat([
        Buffer.from([REQUEST[family], 0, 0, 0, (process.pid >> 8) & 255, process.pid & 255, 0, 1]),
        data,
      ])
      if (family === 4) packet.writeUInt16BE(checksum(packet), 2) // of ICMPv6 the kernel computes it
      if (sendto(fd, addressOf(packet), packet.length, 0, addressOf(to), to.byteLength) < 0)
        throw systemFailure('sending an echo request', errno())
    },
    close(): void {
      watch.stop()
      closeSync(fd)
    },
  }
}

/** struct sockaddr_in, sockaddr_in6. */
function destination(family: 4 | 6, words: Int32Array): DataView {
  const view = new DataView(new ArrayBuffer(family === 4 ? 16 : 28))
  view.setUint16(0, DOMAIN[family], true)
  if (family === 4) view.setInt32(4, words[3])
  else for (let i = 0; i < 4; i++) view.setInt32(8 + 4 * i, words[i])
  return view
}

/** RFC 1071. */
function checksum(bytes: Buffer): number {
  let sum = 0
  for (let i = 0; i < bytes.length; i += 2) sum += (bytes[i] << 8) | (bytes[i + 1] ?? 0)
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16)
  return ~sum & 0xffff
}
