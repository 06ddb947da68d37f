/** The fields by which fragments of one datagram find each other (RFC 791 3.2, RFC 8200 4.5), and where they lie. */
import { isExtension } from './extension.js'
import type { Frame } from './frame.js'
import * as layout from './layout.js'

export const FRAGMENT_HEADER = 8
/** Next header number of the IPv6 fragment header. */
export const FRAGMENT = 44

/** Bits of IPv4's flags and offset. */
export const DONT_FRAGMENT = 0x4000
export const MORE = 0x2000

/** One fragment, read into one reused object. */
export class FragmentFields {
  id = 0
  /** Bytes of the datagram before this fragment's. */
  offset = 0
  more = false
  /** The sender forbids routers to cut further; never in IPv6, where they may not. */
  dontFragment = false
  /** Where the fragment's share of the datagram begins in the ring: behind the IP header, or behind the fragment header. */
  payload = 0
  /** The two bits of RFC 3168. */
  ecn = 0
}

/** Reads a fragment that `decode` took for one; false if it has a second fragment header, which nobody sends. */
export function readFragment(view: DataView, frame: Frame, fields: FragmentFields): boolean {
  const { at } = frame
  if (frame.family === 4) {
    const field = view.getUint16(at + layout.IPV4_FRAGMENT)
    fields.id = view.getUint16(at + layout.IPV4_ID)
    fields.offset = (field & 0x1fff) << 3
    fields.more = (field & MORE) !== 0
    fields.dontFragment = (field & DONT_FRAGMENT) !== 0
    fields.payload = at + ((view.getUint8(at) & 15) << 2)
    fields.ecn = view.getUint8(at + layout.IPV4_TOS) & 3
    return true
  }
  const header = findFragmentHeader(view, at)
  const field = view.getUint16(header + 2)
  fields.id = view.getInt32(header + 4)
  fields.offset = field & 0xfff8
  fields.more = (field & 1) !== 0
  fields.dontFragment = false
  fields.payload = header + FRAGMENT_HEADER
  fields.ecn = (view.getUint8(at + 1) >>> 4) & 3
  return (field & 0xfff9) !== 0 // else it is atomic, and the one that made this a fragment comes later
}

/** Where the first fragment header of an IPv6 packet is, -1 if it has none; its extension headers are sound. */
export function findFragmentHeader(view: DataView, at: number): number {
  let next = view.getUint8(at + layout.IPV6_NEXT_HEADER)
  let header = at + layout.IPV6_HEADER
  while (isExtension(next)) {
    if (next === FRAGMENT) return header
    next = view.getUint8(header)
    header += (view.getUint8(header + 1) + 1) << 3
  }
  return -1
}
