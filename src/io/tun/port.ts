/**
 * The TUN packet port: every packet that the steering rules send to the device, with its offload facts.
 *
 * Promises: a packet's bytes stay in their slot from receiving to sending, nothing is allocated per packet, and the event
 * loop of its thread gets a turn about every millisecond. It never looks inside a packet.
 *
 * One read and one write a packet; bulk data comes 64 KiB at a time. Packets that queue up are read before any of them is
 * handled, so that the engine has several to look ahead at; one that comes alone waits for no other. The same
 * by io_uring, many packets a call, was measured and left: a call costs 0.15 us of the 3 us that a packet takes in the
 * kernel, so 32 packets at once became 6 % cheaper, single ones 40 % dearer, and wrk and iperf3 saw no difference.
 */
import { closeSync } from 'node:fs'
import { performance } from 'node:perf_hooks'
import { Failure } from '../../failure/failure.js'
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
import { addressOf, ppoll, read, write, yieldProcessor } from '../../sys/libc.js'
import { openErrorTap } from '../../sys/packet-socket.js'
import { type Watch, watchReadable } from '../../sys/poll.js'
import { RawSocket } from '../../sys/raw-socket.js'
import { links } from '../../sys/rtnetlink.js'
import { openTun } from '../../sys/tun.js'
import {
  BURST,
  type BurstHandler,
  HEADROOM,
  Packet,
  type PacketPort,
  type PortCounters,
  SPARE,
  TAILROOM,
} from '../port.js'

export interface TunPortOptions {
  /** The device, made by Steering.install. */
  name: string
}

const LONGEST = 65_535
/**
 * A slot: 16 bytes that take the vnet header when all headroom is used, HEADROOM, the packet, TAILROOM. It begins where the
 * last one's packet ends, at the next multiple of PITCH: small packets lie close together, and after a long one there
 * is no room for more, so that the ring stays in the processor's cache. PITCH holds a packet of 1 500 bytes, and is no
 * multiple of a high power of two, so that slots do not compete for the same lines of that cache.
 */
const PACKET_AT = 16 + HEADROOM
const PITCH = 27 * 64
const LAST_SLOT = (BURST - 1) * PITCH
const RING = LAST_SLOT + PACKET_AT + LONGEST + TAILROOM + SPARE

const NEEDS_CHECKSUM = 1
/** Packets between two looks at the clock. */
const BUDGET = 32
/**
 * Vain reads before this thread sleeps, some 60 us: a request and its answer find it awake. With one connection through
 * it, wrk had 2.5 times the requests a second; with 32 on two busy processors as many as without.
 */
const PATIENCE = 150
/** How long packets are served before the event loop has its turn, and how long the next packet is waited for meanwhile. */
const TURN_MS = 0.7
const WAIT_NS = 300_000

export class TunPort implements PacketPort {
  readonly view = new DataView(new ArrayBuffer(RING))
  readonly counters: PortCounters = { received: 0, sent: 0, refused: 0 }
  readonly hops = 2
  readonly #name: string
  readonly #fd: number
  readonly #packets = Array.from({ length: BURST }, () => new Packet())
  /** Packets read since none waited: how many to read at once. A look whether there is one more costs a call, too. */
  #streak = 0
  readonly #base = addressOf(this.view)
  readonly #addresses = addressesOf(this.#base)
  /** struct pollfd and struct timespec; kept, since the kernel is given their addresses. */
  readonly #pollfd: Int32Array
  readonly #timespec = new BigInt64Array([0n, BigInt(WAIT_NS)])
  readonly #watches: Watch[] = []
  readonly #taps: number[] = []
  readonly #direct = { 4: new RawSocket(4), 6: new RawSocket(6) }

  /** Attaches to the device. Fails with no-tun, permission, already-running. */
  constructor({ name }: TunPortOptions) {
    this.#name = name
    this.#fd = openTun(name)
    this.#pollfd = new Int32Array([this.#fd, POLLIN])
  }

  /** When somebody removes the device, a Failure (no-tun) is thrown from the event loop. */
  start(handler: BurstHandler): void {
    const [pollfd, timespec] = [addressOf(this.#pollfd), addressOf(this.#timespec)]
    const serve = (status: number) => {
      if (status < 0) throw new Failure('no-tun', `${this.#name} is gone: somebody removed the device`)
      const end = performance.now() + TURN_MS
      do {
        this.#drain(handler)
      } while (performance.now() < end && ppoll(pollfd, 1, timespec, 0) > 0)
    }
    this.#watches.push(watchReadable(this.#fd, serve))
  }

  /** Also hands out copies of the ICMP errors that this host receives; on true the copy is sent. Fails with permission. */
  startCopies(handler: (copy: Packet) => boolean): void {
    const device = links().find(({ name }) => name === this.#name)!
    for (const family of [4, 6] as const) {
      const tap = openErrorTap(family, device.index)
      this.#taps.push(tap)
      this.#watches.push(watchReadable(tap, () => this.#drainCopies(tap, handler)))
    }
  }

  /** Detaches: from now on the device has no carrier and drops what is steered to it. */
  stop(): void {
    for (const watch of this.#watches) watch.stop()
    for (const tap of this.#taps) closeSync(tap)
    this.#direct[4].close()
    this.#direct[6].close()
    closeSync(this.#fd)
  }

  /** Serves what waits, and what comes while there is patience; whoever else wants the processor has it meanwhile. */
  #drain(handler: BurstHandler): void {
    let patience = PATIENCE
    for (let left = BUDGET; left > 0 && patience > 0; ) {
      const most = atOnce(this.#streak)
      const count = this.#gather(most)
      this.#streak = count < most ? 0 : this.#streak + count
      if (count > 0) {
        left -= count
        patience = PATIENCE
        handler(this.#packets, count)
      } else {
        patience--
        yieldProcessor()
      }
    }
  }

  /** Reads up to `most` of the packets that wait, as far as there is room; how many. */
  #gather(most: number): number {
    let count = 0
    for (let slot = 0; count < most && slot <= LAST_SLOT; ) {
      const length = read(this.#fd, this.#address(slot + PACKET_AT - VNET_HEADER), VNET_HEADER + LONGEST)
      if (length < 0) break
      this.#received(this.#packets[count++], slot + PACKET_AT, length - VNET_HEADER)
      slot += (((PACKET_AT + length + TAILROOM) / PITCH) | 0) * PITCH + PITCH
    }
    return count
  }

  #drainCopies(tap: number, handler: (copy: Packet) => boolean): void {
    const [copy] = this.#packets
    for (let i = 0; i < BUDGET; i++) {
      const length = read(tap, this.#address(PACKET_AT), LONGEST)
      if (length < 0) return
      for (let at = PACKET_AT - VNET_HEADER; at < PACKET_AT; at++) this.view.setUint8(at, 0)
      this.#received(copy, PACKET_AT, length)
      if (handler(copy)) this.transmit(copy)
    }
  }

  /** A packet of `length` bytes stands at `begin`, behind its vnet header. */
  #received(packet: Packet, begin: number, length: number): void {
    const { view } = this
    const at = begin - VNET_HEADER
    this.counters.received++
    packet.direct = 0
    packet.pieceLength = 0
    packet.at = begin
    packet.length = length
    packet.flags = view.getUint8(at + VNET_FLAGS)
    packet.gsoType = view.getUint8(at + VNET_GSO_TYPE)
    packet.headerLength = view.getUint16(at + VNET_HEADER_LENGTH, true)
    packet.gsoSize = view.getUint16(at + VNET_GSO_SIZE, true)
    packet.checksumStart = view.getUint16(at + VNET_CHECKSUM_START, true)
    packet.checksumOffset = view.getUint16(at + VNET_CHECKSUM_OFFSET, true)
  }

  transmit(packet: Packet): void {
    const sent = packet.direct === 0 ? this.#write(packet) : this.#sendDirectly(packet, this.#direct[packet.direct])
    if (sent) this.counters.sent++
    else this.counters.refused++
  }

  /** The vnet header goes right before the packet, wherever it begins now. */
  #write(packet: Packet): boolean {
    const { view } = this
    const at = packet.at - VNET_HEADER
    view.setUint8(at + VNET_FLAGS, packet.flags & NEEDS_CHECKSUM)
    view.setUint8(at + VNET_GSO_TYPE, packet.gsoType)
    view.setUint16(at + VNET_HEADER_LENGTH, packet.headerLength, true)
    view.setUint16(at + VNET_GSO_SIZE, packet.gsoSize, true)
    view.setUint16(at + VNET_CHECKSUM_START, packet.checksumStart, true)
    view.setUint16(at + VNET_CHECKSUM_OFFSET, packet.checksumOffset, true)
    const length = VNET_HEADER + packet.length
    return write(this.#fd, this.#address(at), length) === length
  }

  #sendDirectly(packet: Packet, socket: RawSocket): boolean {
    return socket.send(this.#address(packet.at), packet.length, packet.next)
  }

  #address(at: number): number {
    return this.#addresses[at] ?? this.#base + at
  }
}

/** One by one for the first ones in a row; then two, four, ... at once for eight each. */
const atOnce = (streak: number): number => 1 << Math.max(0, Math.min(5, (streak >> 3) - 3))

/**
 * The address of each byte at which a packet begins, unless it is a piece of one. An address is no small integer
 * to V8: computed, it would be allocated for each call. The nulls keep this an array of references, from which a number
 * is passed on as it stands.
 */
const addressesOf = (base: number): (number | null)[] =>
  Array.from({ length: LAST_SLOT + PITCH }, (_, at) => (at % PITCH <= PACKET_AT ? base + at : null))
