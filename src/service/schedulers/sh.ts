/**
 * Source hashing: 256 buckets, filled with as many of each destination in turn as its weight says, by the client's
 * address, with sh-port its port too (ip_vs_sh.c). sh-fallback looks on in the table where the choice is unusable.
 */
import { Ahead, type Packet, SOURCE } from './scheduler.js'
import { FALLBACK, fold, hash8, PORT, TableScheduler } from './table-scheduler.js'

export class SourceHashing extends TableScheduler {
  override readonly ahead = Ahead.source
  protected readonly size = 256

  schedule(packet: Packet): number {
    return this.chosenBy(
      hash8(fold(packet.words, SOURCE) + (this.service.spec.schedulerFlags & PORT ? packet.sourcePort : 0)),
    )
  }

  override round(choices: Int32Array): number {
    for (let hash = 0; hash < this.size; hash++) choices[hash] = this.chosenBy(hash)
    return this.size
  }

  private chosenBy(hash: number): number {
    const slot = this.entry(hash)
    if (slot < 0 || this.service.destinations.usable(slot)) return slot
    return this.service.spec.schedulerFlags & FALLBACK ? this.fallback(hash) : -1
  }

  /** The offset into the table begins at the hash and is added to the hash again, as the kernel's is. */
  private fallback(hash: number): number {
    for (let i = 0; i < this.size; i++) {
      const slot = this.entry((hash + ((i + hash) & 255)) & 255)
      if (this.service.destinations.usable(slot)) return slot
    }
    return -1
  }

  /** A destination of weight 0 takes one bucket of each turn. */
  protected fill(table: Int32Array): void {
    const { list, count, destinations } = this.service
    let at = 0
    let filled = 0
    for (let i = 0; i < this.size; i++) {
      table[i] = count === 0 ? -1 : list[at]
      if (count === 0 || ++filled < destinations.weight[list[at]]) continue
      at = (at + 1) % count
      filled = 0
    }
  }
}
