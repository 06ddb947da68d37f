/** An ICMP or ICMPv6 error on its way through a translation: the outside and the packet inside it. */
import { Reason } from '../failure/reason.js'
import * as checksum from '../wire/checksum.js'
import { DESTINATION, type Frame, SOURCE } from '../wire/frame.js'
import * as layout from '../wire/layout.js'
import { setAddresses, translate } from './translate.js'

/**
 * Gives the error new outer addresses (words[outerSourceAt..], words[outerDestinationAt..]; an index under 0 keeps that
 * address) and the packet inside new addresses and ports, all checksums along.
 * Returns Reason.badIcmpChecksum, with nothing changed, if the error's own checksum was wrong: it is computed anew, and
 * must not make a damaged error look sound.
 */
export function translateError(
  view: DataView,
  frame: Frame,
  inner: Frame,
  words: Int32Array,
  outerSourceAt: number,
  outerDestinationAt: number,
  innerSourceAt: number,
  innerSourcePort: number,
  innerDestinationAt: number,
  innerDestinationPort: number,
): number {
  if (!isSound(view, frame)) return Reason.badIcmpChecksum
  const sources = outerSourceAt < 0 ? frame.words : words
  const destinations = outerDestinationAt < 0 ? frame.words : words
  const sourceAt = outerSourceAt < 0 ? SOURCE : outerSourceAt
  setAddresses(view, frame, sources, sourceAt, destinations, outerDestinationAt < 0 ? DESTINATION : outerDestinationAt)
  translate(view, inner, words, innerSourceAt, innerSourcePort, innerDestinationAt, innerDestinationPort)
  sumError(view, frame)
  return Reason.none
}

/** Computes the error's own checksum anew, after the packet inside was changed. */
export function sumError(view: DataView, frame: Frame): void {
  const at = frame.transport + layout.ICMP_CHECKSUM
  view.setUint16(at, 0)
  view.setUint16(at, ~icmpSum(view, frame))
}

/** Whether the error's own checksum is right. */
export const isSound = (view: DataView, frame: Frame): boolean => icmpSum(view, frame) === 0xffff

/** Folded sum of a whole ICMP message, with the pseudo-header that only ICMPv6 has (RFC 4443 2.3). */
function icmpSum(view: DataView, frame: Frame): number {
  const length = frame.at + frame.length - frame.transport
  const pseudo = frame.family === 6 ? checksum.pseudoHeader(frame.words, 0, frame.protocol, length) : 0
  return checksum.fold(checksum.sum(view, frame.transport, length, pseudo))
}
