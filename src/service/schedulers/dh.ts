/** Destination hashing: 256 buckets that the destinations share in turn, by the packet's destination address (ip_vs_dh.c). */
import { Ahead, DESTINATION, type Packet } from './scheduler.js'
import { fold, hash8, TableScheduler } from './table-scheduler.js'

export class DestinationHashing extends TableScheduler {
  override readonly ahead = Ahead.counts
  protected readonly size = 256

  schedule(packet: Packet): number {
    const slot = this.entry(hash8(fold(packet.words, DESTINATION)))
    return slot >= 0 && this.service.destinations.usable(slot) ? slot : -1
  }

  protected fill(table: Int32Array): void {
    const { list, count } = this.service
    for (let i = 0; i < this.size; i++) table[i] = count === 0 ? -1 : list[i % count]
  }
}
