/** The options of a TCP header (RFC 9293 3.1): found by their kind, never believed beyond the header's end. */
import type { Frame } from './frame.js'
import * as layout from './layout.js'

const END = 0
const NO_OPERATION = 1

/**
 * Where the option of this kind begins (its kind byte), with its whole length inside the header; 0 if there is none, or
 * if what stands before it is malformed. In a packet cut short (inside an ICMP error) only what is there is read.
 */
export function findOption(view: DataView, frame: Frame, kind: number): number {
  const limit = frame.at + frame.length
  let at = frame.transport + layout.TCP_HEADER
  if (at >= limit) return 0
  const end = Math.min(frame.transport + ((view.getUint8(frame.transport + layout.TCP_DATA_OFFSET) >>> 4) << 2), limit)
  while (at < end) {
    const found = view.getUint8(at)
    if (found === END) return 0
    if (found === NO_OPERATION) {
      at++
      continue
    }
    const length = at + 1 < end ? view.getUint8(at + 1) : 0
    if (length < 2 || at + length > end) return 0
    if (found === kind) return at
    at += length
  }
  return 0
}
