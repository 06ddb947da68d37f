/** Frames in and out of one device (packet(7)): the outside's only system calls. */
import { addressOf, bind, check, ioctl, ppoll, read, setsockopt, socket, write } from '../../../src/sys/libc.js'

const AF_PACKET = 17
const SOCK_RAW_NONBLOCK_CLOEXEC = 3 | 0o4000 | 0o2000000
const ETH_P_ALL_BIG_ENDIAN = 0x0300
const SOL_PACKET = 263
const PACKET_IGNORE_OUTGOING = 23
const SIOCGIFINDEX = 0x8933
const POLLIN = 1
const LONGEST_FRAME = 65_600

export class Wire {
  readonly device: string
  readonly fd: number
  readonly #frame = new Uint8Array(LONGEST_FRAME)
  readonly #at = addressOf(this.#frame)

  constructor(device: string) {
    this.device = device
    this.fd = check(socket(AF_PACKET, SOCK_RAW_NONBLOCK_CLOEXEC, 0), 'packet socket')
    const one = new Uint32Array([1])
    check(setsockopt(this.fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, addressOf(one), 4), 'PACKET_IGNORE_OUTGOING')
    const address = new DataView(new ArrayBuffer(20)) // struct sockaddr_ll: family, protocol, interface
    address.setUint16(0, AF_PACKET, true)
    address.setUint16(2, ETH_P_ALL_BIG_ENDIAN, true)
    address.setUint32(4, this.#index(), true)
    check(bind(this.fd, addressOf(address), 20), `bind to ${device}`)
  }

  #index(): number {
    const request = new Uint8Array(40) // struct ifreq: name, index
    request.set(new TextEncoder().encode(this.device))
    check(ioctl(this.fd, SIOCGIFINDEX, addressOf(request)), `index of ${this.device}`)
    return new DataView(request.buffer).getUint32(16, true)
  }

  send(frame: Uint8Array): void {
    check(write(this.fd, addressOf(frame), frame.length), `send on ${this.device}`)
  }

  /** A copy of the next frame, or null. */
  receive(): Uint8Array | null {
    const length = read(this.fd, this.#at, LONGEST_FRAME)
    return length > 0 ? this.#frame.slice(0, length) : null
  }
}

/** Wait until one of the wires has a frame; false after `timeoutMs`. */
export function waitFor(wires: readonly Wire[], timeoutMs: number): boolean {
  const fds = new DataView(new ArrayBuffer(8 * wires.length)) // struct pollfd: fd, events, revents
  wires.forEach(({ fd }, i) => {
    fds.setInt32(8 * i, fd, true)
    fds.setInt16(8 * i + 4, POLLIN, true)
  })
  const time = new BigInt64Array([BigInt(Math.floor(timeoutMs / 1000)), BigInt(Math.round((timeoutMs % 1000) * 1e6))])
  return ppoll(addressOf(fds), wires.length, addressOf(time), 0) > 0
}
