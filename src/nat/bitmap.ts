/**
 * 65 536 ports as bits in three levels, paged.
 *
 *   leaf     one bit a port: it is used. 32 leaves (1024 ports) make a page, which exists only while one of them is used.
 *   summary  one bit a leaf, kept with its page: no port of it is free, being used or blocked.
 *   top      two words in the owner's record, one bit a page: no port of it is free.
 *
 * Owner's record from `top`: 2 top words, then 64 page handles (0: no page, the slab's zero record). A page: 32 leaves,
 * summary, ports used. `Blocked` has the same three levels for ports nobody may have; where a page is missing, its
 * summary stands for it. So the next free port is found in a fixed number of steps however full the map is.
 */
import { Slab } from './slab.js'

const LEAVES = 32
const SUMMARY = 32
const COUNT = 33
const PAGE_WORDS = 34
const PAGES = 64
const FULL = -1

/** Words a bitmap takes in its owner's record. */
export const BITMAP_WORDS = 2 + PAGES

/** Ports that must not be handed out, 65 536 bits. */
export class Blocked {
  readonly leaves = new Int32Array(PAGES * LEAVES)
  readonly summaries = new Int32Array(PAGES)
  readonly top = new Int32Array(2)

  /** False if nothing changed. */
  set(ports: Uint32Array): boolean {
    let changed = false
    for (let i = 0; i < this.leaves.length; i++) {
      const leaf = ports[i] | 0
      changed ||= this.leaves[i] !== leaf
      this.leaves[i] = leaf
    }
    if (changed) this.summarize()
    return changed
  }

  private summarize(): void {
    this.summaries.fill(0)
    this.top.fill(0)
    for (let i = 0; i < this.leaves.length; i++) if (this.leaves[i] === FULL) this.summaries[i >>> 5] |= 1 << (i & 31)
    for (let i = 0; i < PAGES; i++) if (this.summaries[i] === FULL) this.top[i >>> 5] |= 1 << (i & 31)
  }

  has(port: number): boolean {
    return (this.leaves[port >>> 5] & (1 << (port & 31))) !== 0
  }
}

const lowest = (bits: number): number => 31 - Math.clz32(bits & -bits)
/** Bits from `i` up, and above `i`; i in 0..31. */
const fromBit = (i: number): number => -1 << i
const aboveBit = (i: number): number => -2 << i

/** The bitmaps of many owners; `record` and `top` say where an owner keeps its BITMAP_WORDS. */
export class PortBitmaps {
  private readonly pages = new Slab(PAGE_WORDS)

  get bytes(): number {
    return this.pages.bytes
  }

  /** Makes the summaries true after an owner is new or `blocked` has changed. */
  refresh(record: Int32Array, top: number, blocked: Blocked): void {
    for (let page = 0; page < PAGES; page++) {
      const handle = record[top + 2 + page]
      if (handle !== 0) this.summarize(handle, page, blocked)
      this.notePage(record, top, page, blocked)
    }
  }

  private summarize(handle: number, page: number, blocked: Blocked): void {
    const block = this.pages.block(handle)
    const at = this.pages.at(handle)
    block[at + SUMMARY] = 0
    for (let leaf = 0; leaf < LEAVES; leaf++)
      if ((block[at + leaf] | blocked.leaves[page * LEAVES + leaf]) === FULL) block[at + SUMMARY] |= 1 << leaf
  }

  private notePage(record: Int32Array, top: number, page: number, blocked: Blocked): void {
    const full = this.summary(record, top, page, blocked) === FULL
    if (full) record[top + (page >>> 5)] |= 1 << (page & 31)
    else record[top + (page >>> 5)] &= ~(1 << (page & 31))
  }

  private summary(record: Int32Array, top: number, page: number, blocked: Blocked): number {
    const handle = record[top + 2 + page]
    return handle === 0 ? blocked.summaries[page] : this.pages.block(handle)[this.pages.at(handle) + SUMMARY]
  }

  used(record: Int32Array, top: number, port: number): boolean {
    const handle = record[top + 2 + (port >>> 10)]
    return (this.pages.block(handle)[this.pages.at(handle) + ((port >>> 5) & 31)] & (1 << (port & 31))) !== 0
  }

  /** Marks a port used; the caller knows that it was not. */
  mark(record: Int32Array, top: number, port: number, blocked: Blocked): void {
    const page = port >>> 10
    const handle = record[top + 2 + page] || this.addPage(record, top, page, blocked)
    const block = this.pages.block(handle)
    const at = this.pages.at(handle)
    const leaf = at + ((port >>> 5) & 31)
    block[leaf] |= 1 << (port & 31)
    block[at + COUNT]++
    if ((block[leaf] | blocked.leaves[port >>> 5]) !== FULL) return
    block[at + SUMMARY] |= 1 << ((port >>> 5) & 31)
    if (block[at + SUMMARY] === FULL) record[top + (page >>> 5)] |= 1 << (page & 31)
  }

  private addPage(record: Int32Array, top: number, page: number, blocked: Blocked): number {
    const handle = this.pages.take()
    this.pages.block(handle)[this.pages.at(handle) + SUMMARY] = blocked.summaries[page]
    record[top + 2 + page] = handle
    return handle
  }

  /** Marks a port free again; the caller knows that it was used. */
  clear(record: Int32Array, top: number, port: number, blocked: Blocked): void {
    const page = port >>> 10
    const handle = record[top + 2 + page]
    const block = this.pages.block(handle)
    const at = this.pages.at(handle)
    block[at + ((port >>> 5) & 31)] &= ~(1 << (port & 31))
    if (--block[at + COUNT] === 0) {
      this.pages.give(handle)
      record[top + 2 + page] = 0
      this.notePage(record, top, page, blocked)
    } else if (!blocked.has(port)) {
      block[at + SUMMARY] &= ~(1 << ((port >>> 5) & 31))
      record[top + (page >>> 5)] &= ~(1 << (page & 31))
    }
  }

  /** The lowest free port in [from, to], or -1. */
  next(record: Int32Array, top: number, from: number, to: number, blocked: Blocked): number {
    if (from > to) return -1
    const port = this.nextUp(record, top, from, blocked)
    return port > to ? -1 : port
  }

  private nextUp(record: Int32Array, top: number, from: number, blocked: Blocked): number {
    const page = from >>> 10
    const port = this.nextInPage(record, top, page, from & 1023, blocked)
    if (port >= 0) return port
    const word = page >>> 5
    const here = ~record[top + word] & aboveBit(page & 31)
    if (here !== 0) return this.nextInPage(record, top, word * 32 + lowest(here), 0, blocked)
    const rest = word === 0 ? ~record[top + 1] : 0
    return rest === 0 ? -1 : this.nextInPage(record, top, 32 + lowest(rest), 0, blocked)
  }

  private nextInPage(record: Int32Array, top: number, page: number, from: number, blocked: Blocked): number {
    const handle = record[top + 2 + page]
    const block = this.pages.block(handle)
    const at = this.pages.at(handle)
    const leaf = from >>> 5
    const here = ~(block[at + leaf] | blocked.leaves[page * LEAVES + leaf]) & fromBit(from & 31)
    if (here !== 0) return page * 1024 + leaf * 32 + lowest(here)
    const leaves = ~(handle === 0 ? blocked.summaries[page] : block[at + SUMMARY]) & aboveBit(leaf)
    if (leaves === 0) return -1
    const next = lowest(leaves)
    return page * 1024 + next * 32 + lowest(~(block[at + next] | blocked.leaves[page * LEAVES + next]))
  }
}
