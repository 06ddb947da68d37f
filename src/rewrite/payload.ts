/** Another text in a TCP payload: what follows moves, lengths and checksum follow. */
import * as checksum from '../wire/checksum.js'
import type { Frame } from '../wire/frame.js'
import * as layout from '../wire/layout.js'
import { setLength } from './pieces.js'

/** What of an io Packet is needed here. */
export interface Resizable {
  length: number
}

/**
 * Puts `text` in the place of the `length` bytes at `at`; returns by how many bytes the segment has grown. The room behind the
 * packet must take them. The checksum follows by the difference of two sums: a segment that was damaged stays so.
 */
export function replaceText(
  view: DataView,
  packet: Resizable,
  frame: Frame,
  at: number,
  length: number,
  text: string,
): number {
  const growth = text.length - length
  const end = frame.at + frame.length
  const segment = end - frame.transport
  const before = checksum.sum(view, frame.transport, segment, 0)
  move(view, at + length, end, growth)
  for (let i = 0; i < text.length; i++) view.setUint8(at + i, text.charCodeAt(i))
  frame.length += growth
  packet.length = frame.length
  setLength(view, frame.at, frame.length)
  const after = checksum.sum(view, frame.transport, segment + growth, 0)
  const lengths = checksum.change16(segment, segment + growth)
  const field = frame.transport + layout.TCP_CHECKSUM
  const old = view.getUint16(field)
  const contents = checksum.change16(checksum.fold(before), checksum.fold(after))
  if (frame.partialChecksum) view.setUint16(field, checksum.updatePartial(old, lengths))
  else view.setUint16(field, checksum.update(old, lengths + contents))
  return growth
}

/** Bytes [from, end) move by `by`. */
function move(view: DataView, from: number, end: number, by: number): void {
  if (by > 0) for (let i = end - 1; i >= from; i--) view.setUint8(i + by, view.getUint8(i))
  if (by < 0) for (let i = from; i < end; i++) view.setUint8(i + by, view.getUint8(i))
}
