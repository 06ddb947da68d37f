/**
 * A raw socket that sends whole packets (raw(7), IP_HDRINCL): the kernel routes each to the address it is sent to, asks
 * for that neighbour, and leaves the header's own destination alone, also when it is an address of this host
 * (net/ipv4/raw.c: FLOWI_FLAG_KNOWN_NH).
 *
 * The packet must fit the interface and be finished, but for an IPv4 header's checksum and an identification of 0, which
 * the kernel fills. It passes the host's OUTPUT and POSTROUTING, as any packet that the host sends.
 */
import { closeSync } from 'node:fs'
import { addressOf, errno, sendto, setsockopt, socket, systemFailure } from './libc.js'

const DOMAIN = { 4: 2, 6: 10 } as const
const SOCK_RAW = 3
const SOCK_NONBLOCK = 0o4000
const SOCK_CLOEXEC = 0o2000000
const IPPROTO_RAW = 255
const EAFNOSUPPORT = 97

const SOL_SOCKET = 1
const SO_SNDBUF = 7
const SO_SNDBUFFORCE = 32
/** Of one merged packet, cut into segments, none may be refused while the others wait for the interface. */
const SEND_BUFFER = 4 << 20

/** struct sockaddr_in and sockaddr_in6: where the address stands, and how long the whole is. */
const ADDRESS_AT = { 4: 4, 6: 8 } as const
const LENGTH = { 4: 16, 6: 28 } as const

export class RawSocket {
  readonly #fd: number
  readonly #family: 4 | 6
  readonly #length: number
  readonly #view = new DataView(new ArrayBuffer(28))
  readonly #address = addressOf(this.#view)

  /** Fails with permission (CAP_NET_RAW). On a host without IPv6 that one is there and sends nothing. */
  constructor(family: 4 | 6) {
    this.#family = family
    this.#length = LENGTH[family]
    this.#view.setUint16(0, DOMAIN[family], true)
    this.#fd = socket(DOMAIN[family], SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_RAW)
    if (this.#fd < 0 && errno() !== EAFNOSUPPORT) throw systemFailure('socket for whole packets')
    this.#enlarge()
  }

  /** `address` is the packet's, in memory; `next` holds four words. False if the kernel refuses it. */
  send(address: number, length: number, next: Int32Array): boolean {
    const at = ADDRESS_AT[this.#family]
    for (let i = this.#family === 4 ? 3 : 0, to = at; i < 4; i++, to += 4) this.#view.setInt32(to, next[i])
    return sendto(this.#fd, address, length, 0, this.#address, this.#length) === length
  }

  close(): void {
    if (this.#fd >= 0) closeSync(this.#fd)
  }

  /** Above the host's limit where this process may. */
  #enlarge(): void {
    const size = new Int32Array([SEND_BUFFER])
    if (setsockopt(this.#fd, SOL_SOCKET, SO_SNDBUFFORCE, addressOf(size), 4) < 0)
      setsockopt(this.#fd, SOL_SOCKET, SO_SNDBUF, addressOf(size), 4)
  }
}
