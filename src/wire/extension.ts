/** IPv6 extension headers (RFC 8200, 4): walked in order, a bounded number of them, up to the transport header. */
import { Reason } from '../failure/reason.js'
import { Fragment, type Frame } from './frame.js'

const HOP_BY_HOP = 0
const ROUTING = 43
const FRAGMENT = 44
const DESTINATION_OPTIONS = 60

/** RFC 8200 4.1 allows each header once and destination options twice: five; some room for the odd sender. */
const MOST_HEADERS = 8

/**
 * Moves `frame.protocol` and `frame.transport` past the extension headers and sets `frame.fragment`. Stops at a
 * later fragment, whose bytes are not headers, and at anything that is no extension header (AH and ESP too).
 */
export function skipExtensions(view: DataView, frame: Frame): number {
  const first = frame.transport
  const end = frame.at + frame.length
  for (let i = 0; isExtension(frame.protocol); i++) {
    const at = frame.transport
    if (i === MOST_HEADERS || at + 8 > end) return Reason.extensionChain
    if (frame.protocol === HOP_BY_HOP && at !== first) return Reason.extensionChain
    // With segments left, the address in the IP header is not the one the transport checksum covers.
    if (frame.protocol === ROUTING && view.getUint8(at + 3) !== 0) return Reason.extensionChain
    const size = frame.protocol === FRAGMENT ? 8 : (view.getUint8(at + 1) + 1) << 3
    if (at + size > end) return Reason.extensionChain
    // The larger kind: an atomic fragment header must not hide a real one before it.
    if (frame.protocol === FRAGMENT) frame.fragment = Math.max(frame.fragment, fragmentKind(view.getUint16(at + 2)))
    frame.protocol = view.getUint8(at)
    frame.transport = at + size
    if (frame.fragment === Fragment.later) return Reason.none
  }
  return Reason.none
}

export const isExtension = (protocol: number): boolean =>
  protocol === HOP_BY_HOP || protocol === ROUTING || protocol === FRAGMENT || protocol === DESTINATION_OPTIONS

/** Offset in the upper 13 bits, M flag in the lowest. Neither set: an atomic fragment, a whole packet (RFC 6946). */
function fragmentKind(field: number): number {
  if (field >>> 3 !== 0) return Fragment.later
  return (field & 1) !== 0 ? Fragment.first : Fragment.none
}
