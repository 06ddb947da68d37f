/**
 * Fixed-size records of 32-bit words, by handle. Blocks of records are added as they are needed and never move, so
 * growing copies nothing. A fresh record is all zero; handle 0 is none, and reads as zero.
 */
const BLOCK_BITS = 8
const RECORDS = 1 << BLOCK_BITS

export class Slab {
  readonly stride: number
  private readonly blocks: Int32Array[]
  /** First of the free records, linked through their first word. */
  private free = 0
  private next = 1

  constructor(stride: number) {
    this.stride = stride
    this.blocks = [new Int32Array(RECORDS * stride)]
  }

  block(handle: number): Int32Array {
    return this.blocks[handle >>> BLOCK_BITS]
  }

  /** Offset of the record in its block. */
  at(handle: number): number {
    return (handle & (RECORDS - 1)) * this.stride
  }

  take(): number {
    const handle = this.free
    if (handle === 0) return this.append()
    const block = this.block(handle)
    const at = this.at(handle)
    this.free = block[at]
    block.fill(0, at, at + this.stride)
    return handle
  }

  private append(): number {
    const handle = this.next++
    if (handle >>> BLOCK_BITS >= this.blocks.length) this.blocks.push(new Int32Array(RECORDS * this.stride))
    return handle
  }

  give(handle: number): void {
    this.block(handle)[this.at(handle)] = this.free
    this.free = handle
  }

  get bytes(): number {
    return this.blocks.length * RECORDS * this.stride * 4
  }
}
