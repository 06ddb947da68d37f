/**
 * The far end of tunnels, for kernels without tunnel devices: `node decapsulate.js GUE_PORT [TYPE]`.
 *
 * Takes packets out of IP in IP, GRE and GUE, of both families, and gives them to the host through a TUN device. The host
 * checks every checksum inside; outside it checks UDP's, and this program GRE's. What is wrong is not passed on. TYPE is
 * what the device says it is, a number of ARPHRD_.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { VNET_HEADER } from '../../src/sys/layout.js'
import { addressOf, bind, check, ioctl, read, setsockopt, socket, write } from '../../src/sys/libc.js'
import { watchReadable } from '../../src/sys/poll.js'
import { links, setLinkUp } from '../../src/sys/rtnetlink.js'
import { openTun } from '../../src/sys/tun.js'
import { internetChecksum } from '../packets/naive.js'

const DEVICE = 'decap0'
const DOMAIN = { 4: 2, 6: 10 } as const
const SOCK_DGRAM = 2
const SOCK_RAW = 3
const SOCK_NONBLOCK = 0o4000
const UDP_NO_CHECK6_RX = 102
const TUNSETLINK = 0x400454cd
const LONGEST = 65_536

const port = Number(process.argv[2])
const type = Number(process.argv[3])
const tun = openTun(DEVICE)
if (type > 0) check(ioctl(tun, TUNSETLINK, type), 'TUNSETLINK')
setLinkUp(links().find(({ name }) => name === DEVICE)!.index, 1500, 1000)
for (const name of ['all', DEVICE]) writeFileSync(`/proc/sys/net/ipv4/conf/${name}/rp_filter`, '0')

/** Behind room for a virtio header that says nothing. */
function pass(packet: Uint8Array): void {
  const bytes = new Uint8Array(VNET_HEADER + packet.length)
  bytes.set(packet, VNET_HEADER)
  write(tun, addressOf(bytes), bytes.length)
}

function receive(fd: number, take: (bytes: Uint8Array) => void): void {
  const size = new Int32Array([4 << 20])
  if (setsockopt(fd, 1, 33, addressOf(size), 4) < 0) setsockopt(fd, 1, 8, addressOf(size), 4) // SO_RCVBUFFORCE, SO_RCVBUF
  const buffer = new Uint8Array(LONGEST)
  watchReadable(fd, () => {
    for (;;) {
      const length = read(fd, addressOf(buffer), LONGEST)
      if (length < 0) return
      take(buffer.slice(0, length))
    }
  })
}

/** A raw IPv4 socket shows the outer header, a raw IPv6 socket does not. */
function receiveRaw(family: 4 | 6, protocol: number, take: (body: Uint8Array) => void): void {
  const fd = check(socket(DOMAIN[family], SOCK_RAW | SOCK_NONBLOCK, protocol), `raw socket ${protocol}`)
  receive(fd, (bytes) => take(family === 4 ? bytes.subarray((bytes[0] & 15) * 4) : bytes))
}

function receiveUdp(family: 4 | 6): void {
  const fd = check(socket(DOMAIN[family], SOCK_DGRAM | SOCK_NONBLOCK, 0), 'UDP socket')
  const on = new Int32Array([1])
  if (family === 6) {
    check(setsockopt(fd, 41, 26, addressOf(on), 4), 'IPV6_V6ONLY')
    check(setsockopt(fd, 17, UDP_NO_CHECK6_RX, addressOf(on), 4), 'UDP_NO_CHECK6_RX')
  }
  const address = new Uint8Array(family === 4 ? 16 : 28)
  const view = new DataView(address.buffer)
  view.setUint16(0, DOMAIN[family], true)
  view.setUint16(2, port)
  check(bind(fd, addressOf(address), address.length), 'bind')
  receive(fd, fromGue)
}

function fromGre(bytes: Uint8Array): void {
  const hasChecksum = (bytes[0] & 0x80) !== 0
  if (hasChecksum && internetChecksum(bytes) !== 0) return
  pass(bytes.subarray(hasChecksum ? 8 : 4))
}

/** With the private option for remote checksum: from `start` on everything is summed into the field at `offset`. */
function fromGue(bytes: Uint8Array): void {
  const options = (bytes[0] & 31) * 4
  const inner = bytes.slice(4 + options)
  if (options > 0) {
    const view = new DataView(bytes.buffer, bytes.byteOffset)
    const start = view.getUint16(8)
    const sum = internetChecksum(inner.subarray(start)) || 0xffff
    new DataView(inner.buffer).setUint16(view.getUint16(10), sum)
  }
  pass(inner)
}

for (const family of [4, 6] as const) {
  receiveRaw(family, 4, pass)
  receiveRaw(family, 41, pass)
  receiveRaw(family, 47, fromGre)
  receiveUdp(family)
}
console.log(`listening, ${readFileSync('/proc/sys/kernel/osrelease', 'utf8').trim()}`)
