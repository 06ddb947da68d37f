/**
 * The TUN packet port: every packet that the steering rules send to the device, with its offload facts.
 *
 * Promises: a packet's bytes stay in one slot from receiving to sending, nothing is allocated per packet, and the event
 * loop of its thread gets a turn about every millisecond. It never looks inside a packet.
 */
import { closeSync } from 'node:fs'
import { performance } from 'node:perf_hooks'
import {
  POLLIN,
  VNET_CHECKSUM_OFFSET,
  VNET_CHECKSUM_START,
  VNET_FLAGS,
  VNET_GSO_SIZE,
  VNET_GSO_TYPE,
  VNET_HEADER,
  VNET_HEADER_LENGTH,
} from '../../sys/layout.js'
import { addressOf, ppoll, read, write } from '../../sys/libc.js'
import { openErrorTap } from '../../sys/packet-socket.js'
import { type Watch, watchReadable } from '../../sys/poll.js'
import { links } from '../../sys/rtnetlink.js'
import { openTun } from '../../sys/tun.js'
import { HEADROOM, Packet, type PacketHandler, type PacketPort, type PortCounters, TAILROOM } from '../port.js'
import { openTransfer, type Receiver, SLOTS, type Transfer } from './transfer.js'

export interface TunPortOptions {
  /** The device, made by Steering.install. */
  name: string
}

const LONGEST = 65_535
/** A slot: 16 bytes that take the vnet header when all headroom is used, HEADROOM, the packet, TAILROOM; whole cache lines. */
const PACKET_AT = 16 + HEADROOM
const STRIDE = Math.ceil((PACKET_AT + LONGEST + TAILROOM) / 128) * 128
/** Behind the slots of the device stands one for copies of ICMP errors. */
const COPY_AT = SLOTS * STRIDE + PACKET_AT

const NEEDS_CHECKSUM = 1
/** Packets between two looks at the clock. */
const BUDGET = 32
/** How long packets are served before the event loop has its turn, and how long the next packet is waited for meanwhile. */
const TURN_MS = 0.7
const WAIT_NS = 300_000

export class TunPort implements PacketPort, Receiver {
  readonly view = new DataView(new ArrayBuffer((SLOTS + 1) * STRIDE))
  readonly counters: PortCounters = { received: 0, sent: 0, refused: 0 }
  readonly hops = 2
  sendAt = 0
  sendLength = 0
  readonly #name: string
  readonly #fd: number
  readonly #transfer: Transfer
  readonly #packet = new Packet()
  /** struct pollfd and struct timespec; kept, since the kernel is given their addresses. */
  readonly #pollfd: Int32Array
  readonly #timespec = new BigInt64Array([0n, BigInt(WAIT_NS)])
  readonly #watches: Watch[] = []
  readonly #taps: number[] = []
  #handler: PacketHandler = () => false

  /**
   * Attaches to the device; `batched`: many packets a system call, where the kernel permits io_uring. Fails with no-tun,
   * permission, already-running.
   */
  constructor({ name }: TunPortOptions, batched = true) {
    this.#name = name
    this.#fd = openTun(name)
    this.#pollfd = new Int32Array([this.#fd, POLLIN])
    const room = { view: this.view, stride: STRIDE, first: PACKET_AT - VNET_HEADER, length: VNET_HEADER + LONGEST }
    this.#transfer = openTransfer(this.#fd, room, batched)
  }

  start(handler: PacketHandler, idle: () => void): void {
    this.#handler = handler
    const [pollfd, timespec] = [addressOf(this.#pollfd), addressOf(this.#timespec)]
    const serve = () => {
      const end = performance.now() + TURN_MS
      do {
        this.#drain()
        idle()
      } while (performance.now() < end && ppoll(pollfd, 1, timespec, 0) > 0)
    }
    this.#watches.push(watchReadable(this.#fd, serve))
  }

  /** Also hands out copies of the ICMP errors that this host receives; on true the copy is sent. Fails with permission. */
  startCopies(handler: PacketHandler): void {
    const device = links().find(({ name }) => name === this.#name)!
    for (const family of [4, 6] as const) {
      const tap = openErrorTap(family, device.index)
      this.#taps.push(tap)
      this.#watches.push(watchReadable(tap, () => this.#copy(tap, handler)))
    }
  }

  /** Detaches: from now on the device has no carrier and drops what is steered to it. */
  stop(): void {
    for (const watch of this.#watches) watch.stop()
    for (const tap of this.#taps) closeSync(tap)
    this.#transfer.close()
    closeSync(this.#fd)
  }

  /** A packet stands at `at`, behind its vnet header: what is to be sent instead is in sendAt and sendLength on true. */
  receive(at: number, length: number): boolean {
    const { view } = this
    const packet = this.#packet
    packet.at = at + VNET_HEADER
    packet.length = length - VNET_HEADER
    packet.flags = view.getUint8(at + VNET_FLAGS)
    packet.gsoType = view.getUint8(at + VNET_GSO_TYPE)
    packet.headerLength = view.getUint16(at + VNET_HEADER_LENGTH, true)
    packet.gsoSize = view.getUint16(at + VNET_GSO_SIZE, true)
    packet.checksumStart = view.getUint16(at + VNET_CHECKSUM_START, true)
    packet.checksumOffset = view.getUint16(at + VNET_CHECKSUM_OFFSET, true)
    if (!this.#handler(packet)) return false
    this.#prepare()
    return true
  }

  #drain(): void {
    for (let left = BUDGET; left > 0; ) {
      const received = this.#transfer.burst(this, this.counters)
      if (received === 0) break
      left -= received
    }
    this.#transfer.flush()
  }

  /** Writes the vnet header right before the packet, wherever it begins now. */
  #prepare(): void {
    const { view } = this
    const packet = this.#packet
    const at = packet.at - VNET_HEADER
    view.setUint8(at + VNET_FLAGS, packet.flags & NEEDS_CHECKSUM)
    view.setUint8(at + VNET_GSO_TYPE, packet.gsoType)
    view.setUint16(at + VNET_HEADER_LENGTH, packet.headerLength, true)
    view.setUint16(at + VNET_GSO_SIZE, packet.gsoSize, true)
    view.setUint16(at + VNET_CHECKSUM_START, packet.checksumStart, true)
    view.setUint16(at + VNET_CHECKSUM_OFFSET, packet.checksumOffset, true)
    this.sendAt = at
    this.sendLength = packet.length + VNET_HEADER
  }

  #copy(tap: number, handler: PacketHandler): void {
    const packet = this.#packet
    const ring = addressOf(this.view)
    for (let left = BUDGET; left > 0; left--) {
      const length = read(tap, ring + COPY_AT, LONGEST)
      if (length < 0) return
      this.counters.received++
      packet.at = COPY_AT
      packet.length = length
      packet.flags = packet.gsoType = packet.headerLength = packet.gsoSize = 0
      packet.checksumStart = packet.checksumOffset = 0
      if (!handler(packet)) continue
      this.#prepare()
      if (write(this.#fd, ring + this.sendAt, this.sendLength) === this.sendLength) this.counters.sent++
      else this.counters.refused++
    }
  }
}
