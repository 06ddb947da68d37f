/** A ring of one slot, filled with a pattern: what a test wrote outside its packet shows. */
import assert from 'node:assert/strict'
import type { Built } from './build.js'

const SIZE = 0x1_2000
const PATTERN = Uint8Array.from({ length: SIZE }, (_, at) => (at * 31 + 7) & 0xff)

export class Ring {
  readonly bytes = PATTERN.slice()
  readonly view = new DataView(this.bytes.buffer)

  put(built: Built, at: number): void {
    this.bytes.set(built.bytes, at)
  }

  get(at: number, length: number): Uint8Array {
    return this.bytes.slice(at, at + length)
  }

  /** Fails if a byte outside [from, to) is not what it was; restores the pattern inside. */
  assertOnly(from: number, to: number): void {
    this.bytes.set(PATTERN.subarray(from, to), from)
    if (Buffer.compare(this.bytes, PATTERN) === 0) return
    const at = this.bytes.findIndex((byte, i) => byte !== PATTERN[i])
    this.bytes.set(PATTERN)
    assert.fail(`wrote at ${at - from} of a packet of ${to - from} bytes`)
  }
}
