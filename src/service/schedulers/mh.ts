/**
 * Maglev hashing: each destination takes entries of a prime table by its own permutation, as many a turn as its weight
 * says; the client's address, with mh-port its port too, picks the entry (ip_vs_mh.c; Eisenbud et al., "Maglev", 3.4).
 * A weight set to 0 leaves the table as it was. mh-fallback hashes on where the choice is unusable.
 */
import type { Service } from '../service.js'
import { Ahead, type Packet, SOURCE } from './scheduler.js'
import { siphash13 } from './siphash.js'
import { FALLBACK, fold, PORT, TableScheduler } from './table-scheduler.js'
import { greatestCommonDivisor } from './weight.js'

/** The prime of CONFIG_IP_VS_MH_TAB_INDEX 12, and half that index: the bits a weight may count. */
const SIZE = 4093
const WEIGHT_BITS = 6
const OFFSET_KEY = 2654435761
const SKIP_KEY = 2654446892

export class MaglevHashing extends TableScheduler {
  override readonly ahead = Ahead.source
  protected readonly size = SIZE

  /** Where the entry's server is unusable nothing is foretold: a fallback depends on the client. */
  override round(choices: Int32Array): number {
    for (let i = 0; i < SIZE; i++) {
      const slot = this.entry(i)
      choices[i] = slot >= 0 && this.service.destinations.usable(slot) ? slot : -1
    }
    return SIZE
  }

  schedule(packet: Packet): number {
    const flags = this.service.spec.schedulerFlags
    const client = (fold(packet.words, SOURCE) + (flags & PORT ? packet.sourcePort : 0)) | 0
    const first = siphash13(OFFSET_KEY, client, SIZE)
    const slot = this.entry(first)
    if (slot < 0 || this.service.destinations.usable(slot)) return slot
    return flags & FALLBACK ? this.fallback(client, first) : -1
  }

  private fallback(client: number, first: number): number {
    if (!this.anyUsable()) return -1
    for (let i = 0; i < SIZE; i++) {
      const slot = this.entry(siphash13(OFFSET_KEY, (client + ((i + first) % SIZE)) | 0, SIZE))
      if (this.service.destinations.usable(slot)) return slot
    }
    return -1
  }

  protected fill(table: Int32Array): void {
    const { list, count } = this.service
    const turns = turnsOf(this.service)
    const next = hashesOf(this.service, OFFSET_KEY, SIZE)
    const skipLessOne = hashesOf(this.service, SKIP_KEY, SIZE - 1)
    table.fill(-1)
    let free = turns.some((t) => t > 0) ? SIZE : 0
    for (let at = 0; free > 0; at = (at + 1) % count) {
      for (let turn = 0; turn < turns[at] && free > 0; turn++) {
        while (table[next[at]] >= 0) next[at] = (next[at] + 1 + skipLessOne[at]) % SIZE
        table[next[at]] = list[at]
        free--
      }
    }
  }
}

/** By list position: entries a destination takes in each turn, its share of the greatest common divisor of all. */
function turnsOf(service: Service): Int32Array {
  const last = weightsOf(service)
  const divisor = last.reduce(greatestCommonDivisor, 0)
  if (divisor === 0) return last
  const bits = 32 - Math.clz32(last.reduce((a, b) => Math.max(a, b)) / divisor)
  const shift = Math.max(0, bits - WEIGHT_BITS)
  return last.map((weight) => (weight === 0 ? 0 : Math.max(1, (weight / divisor) >> shift)))
}

const weightsOf = ({ list, count, destinations }: Service): Int32Array =>
  list.slice(0, count).map((slot) => destinations.lastWeight[slot])

/** By list position: the hash of a destination's address and port, below `size`. */
const hashesOf = ({ list, count, destinations }: Service, key: number, size: number): Int32Array =>
  list.slice(0, count).map((slot) => siphash13(key, fold(destinations.words, slot * 4) + destinations.port[slot], size))
