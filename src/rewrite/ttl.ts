/** Time to live, hop limit. */
import * as checksum from '../wire/checksum.js'
import type { Frame } from '../wire/frame.js'
import * as layout from '../wire/layout.js'

/** Adds `delta` to the TTL or hop limit and keeps the IPv4 header checksum. The caller keeps the sum within 0..255. */
export function addTtl(view: DataView, frame: Frame, delta: number): void {
  const ttl = frame.ttl + delta
  if (frame.family === 4) {
    const at = frame.at + layout.IPV4_CHECKSUM
    // The TTL is the upper byte of its 16 bits; the protocol below it stays.
    view.setUint16(at, checksum.update(view.getUint16(at), checksum.change16(frame.ttl << 8, ttl << 8)))
    view.setUint8(frame.at + layout.IPV4_TTL, ttl)
  } else {
    view.setUint8(frame.at + layout.IPV6_HOP_LIMIT, ttl)
  }
  frame.ttl = ttl
}

/** As `addTtl`, for the packet that begins `at`, whose frame no longer describes it: an answer written in its place. */
export function raiseTtl(view: DataView, at: number, delta: number): void {
  if (view.getUint8(at) >>> 4 === 6) {
    view.setUint8(at + layout.IPV6_HOP_LIMIT, view.getUint8(at + layout.IPV6_HOP_LIMIT) + delta)
    return
  }
  const ttl = view.getUint8(at + layout.IPV4_TTL)
  const sum = view.getUint16(at + layout.IPV4_CHECKSUM)
  view.setUint16(at + layout.IPV4_CHECKSUM, checksum.update(sum, checksum.change16(ttl << 8, (ttl + delta) << 8)))
  view.setUint8(at + layout.IPV4_TTL, ttl + delta)
}
