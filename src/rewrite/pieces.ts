/**
 * A packet given out in pieces, in place: the headers are kept aside, and each piece gets its own copy of them right
 * before its part of the payload, over bytes that have left already. A piece must be sent before the next is asked for.
 */
import * as checksum from '../wire/checksum.js'
import * as layout from '../wire/layout.js'

/** What of an io Packet these layers need. */
export interface Sendable {
  at: number
  length: number
  flags: number
  gsoType: number
  gsoSize: number
  checksumStart: number
  checksumOffset: number
}

/** Longer headers are not kept. IPv4 and TCP with all their options are 120 bytes. */
export const LONGEST_HEADERS = 256

export function copy(from: DataView, fromAt: number, to: DataView, toAt: number, length: number): void {
  const whole = length & ~3
  for (let i = 0; i < whole; i += 4) to.setInt32(toAt + i, from.getInt32(fromAt + i))
  for (let i = whole; i < length; i++) to.setUint8(toAt + i, from.getUint8(fromAt + i))
}

/** The length in the IP header at `at`, and the checksum over that header, if it has one. */
export function setLength(view: DataView, at: number, length: number): void {
  const first = view.getUint8(at)
  if (first >>> 4 === 6) {
    view.setUint16(at + layout.IPV6_PAYLOAD_LENGTH, length - layout.IPV6_HEADER)
    return
  }
  view.setUint16(at + layout.IPV4_TOTAL_LENGTH, length)
  view.setUint16(at + layout.IPV4_CHECKSUM, 0)
  view.setUint16(at + layout.IPV4_CHECKSUM, ~checksum.fold(checksum.sum(view, at, (first & 15) << 2, 0)))
}

/** Completes a checksum that was left to the device, as the device would (0 is never written: RFC 768). */
export function completeChecksum(view: DataView, packet: Sendable): void {
  const start = packet.at + packet.checksumStart
  const sum = checksum.sum(view, start, packet.length - packet.checksumStart, 0)
  view.setUint16(start + packet.checksumOffset, ~checksum.fold(sum) & 0xffff || 0xffff)
  packet.flags = 0
}
