/**
 * A packet port without a kernel: packets are handed in, and what the engine wants sent comes out, at once.
 *
 * For tests and simulations. It promises what every port promises (HEADROOM, TAILROOM, one ring) and nothing about
 * time: whoever calls `deliver` owns the clock.
 */
import { type BurstHandler, HEADROOM, Packet, type PacketPort, type PortCounters, SPARE, TAILROOM } from '../port.js'

const LONGEST = 65_535

export class SimulatedPort implements PacketPort {
  readonly view: DataView
  readonly counters: PortCounters = { received: 0, sent: 0, refused: 0 }
  readonly hops = 0
  private readonly bytes: Uint8Array
  private readonly packets = [new Packet()]
  private readonly send: (bytes: Uint8Array) => void
  private handler: BurstHandler = () => {}

  /** `send` gets a copy of each packet that goes out. */
  constructor(send: (bytes: Uint8Array) => void) {
    this.bytes = new Uint8Array(HEADROOM + LONGEST + TAILROOM + SPARE)
    this.view = new DataView(this.bytes.buffer)
    this.send = send
  }

  start(handler: BurstHandler): void {
    this.handler = handler
  }

  stop(): void {
    this.handler = () => {}
  }

  /** One packet from the network, an IP packet without link header. */
  deliver(bytes: Uint8Array): void {
    const [packet] = this.packets
    this.counters.received++
    this.bytes.set(bytes, HEADROOM)
    packet.at = HEADROOM
    packet.length = bytes.length
    packet.flags = packet.gsoType = packet.gsoSize = packet.direct = packet.pieceLength = 0
    this.handler(this.packets, 1)
  }

  transmit(packet: Packet): void {
    this.counters.sent++
    this.send(this.bytes.slice(packet.at, packet.at + packet.length))
  }
}
