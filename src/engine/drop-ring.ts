/**
 * The packets dropped last, and the connections that failed, by tuple and reason: what `fullnat explain` and `fullnat failures` read.
 *
 * A drop costs a few writes into arrays, a packet that goes on costs nothing. A tuple dropped again and again for one reason
 * takes one place, so that a client that retries does not push the others out.
 */
import { format } from '../address/words.js'
import * as record from '../conn/record.js'
import { TICK_MS } from '../conn/record.js'
import { REASONS } from '../failure/reason.js'
import type { Frame } from '../wire/frame.js'
import type { DropView } from './explanation.js'

const SIZE = 4096
/** Source, destination, ports, protocol << 16 | reason, tick, times. */
const WORDS = 12
const PORTS = 8
const KIND = 9
const TICK = 10
const TIMES = 11

export class DropRing {
  private readonly words = new Int32Array(SIZE * WORDS)
  /** Places ever taken. */
  private taken = 0

  note(reason: number, frame: Frame, nowTick: number): void {
    this.add(reason, frame.protocol, frame.words, 0, (frame.sourcePort << 16) | frame.destinationPort, nowTick)
  }

  /** A connection that failed: its client's tuple, from the record at `base`. */
  noteConnection(reason: number, table: Int32Array, base: number, nowTick: number): void {
    const protocol = record.protocolOf(table[base + record.META])
    this.add(reason, protocol, table, base + record.CLIENT, table[base + record.CLIENT_PORTS], nowTick)
  }

  private add(reason: number, protocol: number, tuple: Int32Array, from: number, ports: number, nowTick: number): void {
    const { words } = this
    const kind = (protocol << 16) | reason
    const last = ((this.taken - 1) & (SIZE - 1)) * WORDS
    if (
      this.taken > 0 &&
      words[last + PORTS] === ports &&
      words[last + KIND] === kind &&
      isOf(words, last, tuple, from)
    ) {
      words[last + TICK] = nowTick
      words[last + TIMES]++
      return
    }
    const at = (this.taken++ & (SIZE - 1)) * WORDS
    for (let i = 0; i < 8; i++) words[at + i] = tuple[from + i]
    words[at + PORTS] = ports
    words[at + KIND] = kind
    words[at + TICK] = nowTick
    words[at + TIMES] = 1
  }

  /** The latest first: those of `key` (source and destination, each way; null: all) that are no older than `lastMs`. */
  view(key: Int32Array | null, ports: number, nowTick: number, lastMs: number, most: number): DropView[] {
    const found: DropView[] = []
    for (let i = this.taken - 1; i >= 0 && i > this.taken - 1 - SIZE && found.length < most; i--) {
      const at = (i & (SIZE - 1)) * WORDS
      const agoMs = ((nowTick - this.words[at + TICK]) | 0) * TICK_MS
      if (agoMs > lastMs) continue
      if (key === null || this.isAbout(at, key, ports)) found.push(this.read(at, agoMs))
    }
    return found
  }

  private isAbout(at: number, key: Int32Array, ports: number): boolean {
    const { words } = this
    if (ports === words[at + PORTS]) return key.every((word, i) => word === words[at + i])
    const turned = (ports << 16) | (ports >>> 16)
    return turned === words[at + PORTS] && key.every((word, i) => word === words[at + ((i + 4) & 7)])
  }

  private read(at: number, agoMs: number): DropView {
    const { words } = this
    return {
      agoMs,
      reason: REASONS[words[at + KIND] & 0xffff],
      protocol: words[at + KIND] >>> 16,
      source: format(words, at),
      sourcePort: words[at + PORTS] >>> 16,
      destination: format(words, at + 4),
      destinationPort: words[at + PORTS] & 0xffff,
      times: words[at + TIMES],
    }
  }
}

function isOf(words: Int32Array, at: number, tuple: Int32Array, from: number): boolean {
  for (let i = 0; i < 8; i++) if (words[at + i] !== tuple[from + i]) return false
  return true
}
