/** A scheduler that reads its choice from a table made of the list alone: made again when the list has changed, at the next choice. */
import { familyOf } from '../../address/words.js'
import { Scheduler } from './scheduler.js'

/** Bits of ServiceSpec.schedulerFlags: look on where the choice is unusable; count the client's port in. */
export const FALLBACK = 1
export const PORT = 2

export abstract class TableScheduler extends Scheduler {
  private table = new Int32Array(0)
  private stale = true

  protected abstract readonly size: number

  /** Fills all of `table` with destination slots, or with -1. */
  protected abstract fill(table: Int32Array): void

  override added(): void {
    this.stale = true
  }

  override removed(): void {
    this.stale = true
  }

  override edited(): void {
    this.stale = true
  }

  protected entry(at: number): number {
    if (this.stale) this.refill()
    return this.table[at]
  }

  /** Is any destination usable? Spares a fallback its search. */
  protected anyUsable(): boolean {
    const { list, count, destinations } = this.service
    for (let i = 0; i < count; i++) if (destinations.usable(list[i])) return true
    return false
  }

  private refill(): void {
    if (this.table.length === 0) this.table = new Int32Array(this.size)
    this.fill(this.table)
    this.stale = false
  }
}

/** An address as one word: the IPv4 address, or the xor of the four words of an IPv6 one. */
export const fold = (words: Int32Array, at: number): number =>
  familyOf(words, at) === 4 ? words[at + 3] : words[at] ^ words[at + 1] ^ words[at + 2] ^ words[at + 3]

/** The upper 8 bits of the golden-ratio hash (linux/hash.h, hash_32). */
export const hash8 = (value: number): number => Math.imul(value, 0x61c88647) >>> 24
