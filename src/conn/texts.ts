/**
 * Short texts that templates keep (a SIP Call-ID), in slots of fixed size behind all records: memory that never grows
 * and outlives the process.
 *
 *   byte 0       length, 1 to 255; 0 means free
 *   bytes 1-255  the text
 */
export const TEXT_BYTES = 256
export const LONGEST_TEXT = 255
/** One for so many connections, and no more than MOST. */
const SHARE = 8
const MOST = 65_536

export const textsFor = (capacity: number): number => Math.min(Math.ceil(capacity / SHARE), MOST)

export class Texts {
  private readonly view: DataView
  private readonly count: number
  /** Free slots that were used before; then those from `fresh` on. */
  private free: number[] = []
  private fresh = 0

  /** `memory` from byte `at` on, `count` slots; all are free until `adopt`. */
  constructor(memory: ArrayBufferLike, at: number, count: number) {
    this.view = new DataView(memory, at, count * TEXT_BYTES)
    this.count = count
  }

  /** The slot of a copy of `length` bytes, -1 if there is no room or the text is too long. */
  put(source: DataView, at: number, length: number): number {
    if (length === 0 || length > LONGEST_TEXT) return -1
    const slot = this.free.pop() ?? (this.fresh < this.count ? this.fresh++ : -1)
    if (slot < 0) return -1
    const to = slot * TEXT_BYTES
    for (let i = 0; i < length; i++) this.view.setUint8(to + 1 + i, source.getUint8(at + i))
    this.view.setUint8(to, length)
    return slot
  }

  is(slot: number, source: DataView, at: number, length: number): boolean {
    const from = slot * TEXT_BYTES
    if (this.view.getUint8(from) !== length) return false
    for (let i = 0; i < length; i++) if (this.view.getUint8(from + 1 + i) !== source.getUint8(at + i)) return false
    return true
  }

  read(slot: number): string {
    const from = slot * TEXT_BYTES
    let text = ''
    for (let i = 1; i <= this.view.getUint8(from); i++) text += String.fromCharCode(this.view.getUint8(from + i))
    return text
  }

  release(slot: number): void {
    this.view.setUint8(slot * TEXT_BYTES, 0)
    this.free.push(slot)
  }

  /** What a dead process left: these slots are in use, the others are free. */
  adopt(used: ReadonlySet<number>): void {
    this.fresh = Math.max(-1, ...used) + 1
    this.free = []
    for (let slot = 0; slot < this.fresh; slot++) if (!used.has(slot)) this.free.push(slot)
  }
}
