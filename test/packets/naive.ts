/**
 * Checksums the slow way, written from the RFCs and sharing nothing with src/: what production code is held against.
 * Packets here are plain byte arrays starting at the IP header.
 */

/** RFC 1071: add 16 bits at a time, carry around, complement. */
export function internetChecksum(...parts: Uint8Array[]): number {
  const bytes = Uint8Array.from(parts.flatMap((part) => [...part]))
  let total = 0
  for (let i = 0; i < bytes.length; i += 2) {
    total += bytes[i] * 256 + (bytes[i + 1] ?? 0)
    if (total > 0xffff) total -= 0xffff
  }
  return 0xffff - total
}

/** RFC 9260 appendix A, bit by bit. */
export function crc32c(bytes: Uint8Array): number {
  let register = 0xffffffff
  for (const byte of bytes) {
    register ^= byte
    for (let i = 0; i < 8; i++) register = (register >>> 1) ^ (register & 1 ? 0x82f63b78 : 0)
  }
  return ~register >>> 0
}

/** Addresses, zeros, protocol and length (RFC 9293 3.1, RFC 8200 8.1): both families carry the same information. */
export function pseudoHeader(packet: Uint8Array, protocol: number, length: number): Uint8Array {
  const addresses = packet[0] >>> 4 === 4 ? packet.subarray(12, 20) : packet.subarray(8, 40)
  return Uint8Array.of(...addresses, 0, protocol, length >>> 16, 0, length >>> 8, length)
}

const CHECKSUM_AT: Record<number, number> = { 1: 2, 6: 16, 17: 6, 58: 2, 132: 8 }

/** Where the checksum stands in a transport header of this protocol, or -1. */
export const checksumAt = (protocol: number): number => CHECKSUM_AT[protocol] ?? -1

/**
 * Computes the transport checksum of `packet` anew, in place, for the header at `transport`. UDP without a checksum
 * stays without.
 */
export function setTransportChecksum(packet: Uint8Array, transport: number, protocol: number): void {
  const at = transport + checksumAt(protocol)
  const view = new DataView(packet.buffer, packet.byteOffset, packet.length)
  const body = packet.subarray(transport)
  if (protocol === 132) {
    view.setUint32(at, 0)
    view.setUint32(at, crc32c(body), true)
    return
  }
  if (protocol === 17 && view.getUint16(at) === 0) return
  view.setUint16(at, 0)
  const covered = protocol === 1 ? [] : [pseudoHeader(packet, protocol, body.length)]
  const checksum = internetChecksum(...covered, body)
  view.setUint16(at, protocol === 17 ? checksum || 0xffff : checksum)
}

/** What a sender leaves in the field for the device to complete: the sum, not complemented, of the pseudo-header. */
export function setPartialChecksum(packet: Uint8Array, transport: number, protocol: number): void {
  const view = new DataView(packet.buffer, packet.byteOffset, packet.length)
  const sum = 0xffff - internetChecksum(pseudoHeader(packet, protocol, packet.length - transport))
  view.setUint16(transport + checksumAt(protocol), sum)
}

export function setHeaderChecksum(packet: Uint8Array): void {
  if (packet[0] >>> 4 !== 4) return
  const view = new DataView(packet.buffer, packet.byteOffset, packet.length)
  view.setUint16(10, 0)
  view.setUint16(10, internetChecksum(packet.subarray(0, (packet[0] & 15) * 4)))
}

/** Writes addresses and, where `ports` is given, ports where the RFCs say they are; no checksum is touched. */
export function setTuple(
  packet: Uint8Array,
  transport: number,
  source: Uint8Array,
  destination: Uint8Array,
  ports: readonly [number, number] | null,
): void {
  packet.set(source, packet[0] >>> 4 === 4 ? 12 : 8)
  packet.set(destination, packet[0] >>> 4 === 4 ? 16 : 24)
  if (ports === null) return
  const view = new DataView(packet.buffer, packet.byteOffset, packet.length)
  view.setUint16(transport, ports[0])
  view.setUint16(transport + 2, ports[1])
}
