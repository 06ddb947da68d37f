/** Sequence numbers of the conversations that the outside leads, by `source>destination` of what is sent. */
import { join } from './host.js'
import { type Packet, ports, readTcp, segmentLength } from './read.js'

/** Of who speaks first, and of who answers. */
const FIRST_SEQUENCE = [1000, 5000]

export class Flows {
  readonly #next = new Map<string, number>()
  readonly #acknowledge = new Map<string, number>()

  /** What a segment from here carries unless told otherwise. */
  numbers(source: string, destination: string, flags: string): { sequence: number; acknowledgement: number } {
    const key = `${source}>${destination}`
    if (flags.includes('S') && !flags.includes('A')) this.#forget(key)
    return {
      sequence: this.#next.get(key) ?? FIRST_SEQUENCE[this.#acknowledge.has(key) ? 1 : 0],
      acknowledgement: flags.includes('A') ? (this.#acknowledge.get(key) ?? 0) : 0,
    }
  }

  #forget(key: string): void {
    this.#next.delete(key)
    this.#acknowledge.delete(key)
  }

  sent(packet: Packet): void {
    const header = readTcp(packet)
    if (header.flags.includes('R')) return
    this.#next.set(keyOf(packet, false), (header.sequence + segmentLength(header)) >>> 0)
  }

  received(packet: Packet): void {
    const header = readTcp(packet)
    this.#acknowledge.set(keyOf(packet, true), (header.sequence + segmentLength(header)) >>> 0)
  }
}

function keyOf(packet: Packet, reversed: boolean): string {
  const [from, to] = ports(packet)
  const ends = [join(packet.source, from), join(packet.destination, to)]
  return (reversed ? ends.reverse() : ends).join('>')
}
