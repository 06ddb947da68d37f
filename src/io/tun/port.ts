/**
 * The TUN packet port: every packet that the steering rules send to the device, with its offload facts.
 *
 * Promises: the bytes stay in one slot from receiving to sending, nothing is allocated per packet, and the
 * event loop of its thread gets its turn within a millisecond. It never looks inside a packet and never waits for one.
 */
import { closeSync } from 'node:fs'
import {
  VNET_CHECKSUM_OFFSET,
  VNET_CHECKSUM_START,
  VNET_FLAGS,
  VNET_GSO_SIZE,
  VNET_GSO_TYPE,
  VNET_HEADER,
  VNET_HEADER_LENGTH,
} from '../../sys/layout.js'
import { addressOf, read, write } from '../../sys/libc.js'
import { type Watch, watchReadable } from '../../sys/poll.js'
import { openTun } from '../../sys/tun.js'
import { HEADROOM, Packet, type PacketHandler, type PacketPort, type PortCounters, TAILROOM } from '../port.js'

export interface TunPortOptions {
  /** The device, made by Steering.install. */
  name: string
}

const LONGEST = 65_535
const NEEDS_CHECKSUM = 1
/** A slot: room for a vnet header, HEADROOM, the packet, TAILROOM. */
const FIRST = 16 + HEADROOM
const SLOT = FIRST + LONGEST + TAILROOM
const ROOM = VNET_HEADER + LONGEST
/** Packets handled before the event loop gets its turn. */
const BURST = 64

export class TunPort implements PacketPort {
  readonly view: DataView
  readonly counters: PortCounters = { received: 0, sent: 0, refused: 0 }
  readonly hops = 2
  readonly #fd: number
  readonly #address: number
  readonly #packet = new Packet()
  #watch: Watch | null = null

  /** Attaches to the device. Fails with no-tun, permission, already-running. */
  constructor(options: TunPortOptions) {
    this.view = new DataView(new ArrayBuffer(SLOT))
    this.#address = addressOf(this.view)
    this.#fd = openTun(options.name)
  }

  start(handler: PacketHandler, idle: () => void): void {
    this.#watch = watchReadable(this.#fd, () => {
      this.#drain(handler)
      idle()
    })
  }

  /** Detaches: from now on the device has no carrier and drops what is steered to it. */
  stop(): void {
    this.#watch?.stop()
    closeSync(this.#fd)
  }

  #drain(handler: PacketHandler): void {
    for (let i = 0; i < BURST; i++) {
      const length = read(this.#fd, this.#address + FIRST - VNET_HEADER, ROOM)
      if (length < VNET_HEADER) return
      this.counters.received++
      this.#receive(length - VNET_HEADER)
      if (handler(this.#packet)) this.#send()
    }
  }

  #receive(length: number): void {
    const { view } = this
    const packet = this.#packet
    const at = FIRST - VNET_HEADER
    packet.at = FIRST
    packet.length = length
    packet.flags = view.getUint8(at + VNET_FLAGS)
    packet.gsoType = view.getUint8(at + VNET_GSO_TYPE)
    packet.headerLength = view.getUint16(at + VNET_HEADER_LENGTH, true)
    packet.gsoSize = view.getUint16(at + VNET_GSO_SIZE, true)
    packet.checksumStart = view.getUint16(at + VNET_CHECKSUM_START, true)
    packet.checksumOffset = view.getUint16(at + VNET_CHECKSUM_OFFSET, true)
  }

  #send(): void {
    const { view } = this
    const packet = this.#packet
    const at = packet.at - VNET_HEADER
    view.setUint8(at + VNET_FLAGS, packet.flags & NEEDS_CHECKSUM)
    view.setUint8(at + VNET_GSO_TYPE, packet.gsoType)
    view.setUint16(at + VNET_HEADER_LENGTH, packet.headerLength, true)
    view.setUint16(at + VNET_GSO_SIZE, packet.gsoSize, true)
    view.setUint16(at + VNET_CHECKSUM_START, packet.checksumStart, true)
    view.setUint16(at + VNET_CHECKSUM_OFFSET, packet.checksumOffset, true)
    const length = VNET_HEADER + packet.length
    if (write(this.#fd, this.#address + at, length) === length) this.counters.sent++
    else this.counters.refused++
  }
}
