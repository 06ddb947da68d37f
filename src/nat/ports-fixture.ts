/** For tests: an allocator's space in few words, and sets of ports. */
import { Protocol } from '../wire/frame.js'
import type { PortAllocator } from './ports.js'

/** Source at 0, destination at 4. */
export const tuple = (source: number, destination = 1): Int32Array =>
  Int32Array.of(0, 0, 0xffff, source, 0, 0, 0xffff, destination)

/** The allocator with its key fixed: one space. */
export function space(
  allocator: PortAllocator,
  words = tuple(1),
  destinationPort = 80,
  protocol: number = Protocol.tcp,
) {
  return {
    take: (wanted: number, from = 0, to = 0, keep = true) =>
      allocator.take(words, 0, 4, destinationPort, protocol, wanted, from, to, keep),
    give: (port: number) => allocator.give(words, 0, 4, destinationPort, protocol, port),
    claim: (port: number) => allocator.claim(words, 0, 4, destinationPort, protocol, port),
  }
}

/** Ports as the 65 536 bits `exclude` wants. */
export function bits(ports: Iterable<number>): Uint32Array {
  const words = new Uint32Array(2048)
  for (const port of ports) words[port >>> 5] |= 1 << (port & 31)
  return words
}

export function* span(from: number, to: number) {
  for (let port = from; port <= to; port++) yield port
}
