/**
 * Moves the numbers of a TCP segment by a constant: sequence and acknowledgement (SACK blocks with it), timestamps.
 *
 * A connection's numbers then look to one side as if they had begun elsewhere. Length, order of options and everything
 * else stay. Checksums follow by the difference; where the device computes them (partial) there is nothing to do, since
 * what it has to start from covers the addresses alone. A merged segment is one: its cuts count on from its header.
 */
import * as checksum from '../wire/checksum.js'
import { type Frame, TcpFlag } from '../wire/frame.js'
import * as layout from '../wire/layout.js'
import { findOption } from '../wire/tcp-option.js'

const ACK = TcpFlag.ack
/** Option kinds (RFC 2018 3, RFC 7323 3.2). */
const SACK = 5
const TIMESTAMPS = 8
const TIMESTAMPS_LENGTH = 10

/**
 * Adds to the sequence number, and to what is acknowledged: the acknowledgement number and the edges of SACK blocks, which
 * mean something only with ACK. Both modulo 2^32. The frame is TCP and no later fragment; inside an ICMP error it may be
 * cut short.
 */
export function shiftSequence(view: DataView, frame: Frame, sequence: number, acknowledgement: number): void {
  const at = frame.transport
  let change = add(view, frame, at + layout.TCP_SEQUENCE, sequence)
  if (acknowledgement !== 0 && frame.tcpFlags & ACK) {
    change += add(view, frame, at + layout.TCP_ACKNOWLEDGEMENT, acknowledgement)
    change += shiftBlocks(view, frame, acknowledgement)
  }
  updateChecksum(view, frame, change)
}

/** Adds to the timestamp value and, with ACK, to the timestamp echo (RFC 7323 3.2: elsewhere it means nothing). */
export function shiftTimestamps(view: DataView, frame: Frame, value: number, echo: number): void {
  const at = findTimestamps(view, frame)
  if (at === 0) return
  let change = add(view, frame, at + 2, value)
  if (frame.tcpFlags & ACK) change += add(view, frame, at + 6, echo)
  updateChecksum(view, frame, change)
}

/** Where the timestamps option begins: value at +2, echo at +6; 0 if there is none. */
export function findTimestamps(view: DataView, frame: Frame): number {
  const at = findOption(view, frame, TIMESTAMPS)
  return at > 0 && view.getUint8(at + 1) === TIMESTAMPS_LENGTH ? at : 0
}

function shiftBlocks(view: DataView, frame: Frame, delta: number): number {
  const at = findOption(view, frame, SACK)
  if (at === 0) return 0
  const end = at + view.getUint8(at + 1)
  let change = 0
  for (let edge = at + 2; edge + 4 <= end; edge += 4) change += add(view, frame, edge, delta)
  return change
}

/** Returns the checksum change. At an odd place the sum sees the bytes shifted by one (RFC 1071 2 (B)). */
function add(view: DataView, frame: Frame, at: number, delta: number): number {
  const from = view.getInt32(at)
  const to = (from + delta) | 0
  view.setInt32(at, to)
  if (((at - frame.transport) & 1) === 0) return checksum.change32(from, to)
  return checksum.change32((from << 8) | (from >>> 24), (to << 8) | (to >>> 24))
}

function updateChecksum(view: DataView, frame: Frame, change: number): void {
  const at = frame.transport + layout.TCP_CHECKSUM
  if (frame.partialChecksum || at + 2 > frame.at + frame.length) return
  view.setUint16(at, checksum.update(view.getUint16(at), change))
}
