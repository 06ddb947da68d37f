/**
 * What routers said about the way of a tunnel's packets: they take no longer ones than this (net/ipv4/route.c,
 * __ip_rt_update_pmtu). Believed for ten minutes, for every service with that real server.
 */
import * as record from '../conn/record.js'
import type { Destinations } from '../service/destination.js'

/** mtu_expires. */
const BELIEVED = record.ticksOf(600_000)
/** min_pmtu; RFC 8200, section 5. */
const LEAST = { 4: 552, 6: 1280 } as const
const NONE = 0x7fff_ffff

export class PathMtu {
  private readonly destinations: Destinations
  /** By slot of the destination, which may be another's by now: the MTU, its end, the address. */
  private mtu = new Int32Array(0)
  private ends = new Int32Array(0)
  private words = new Int32Array(0)

  constructor(destinations: Destinations) {
    this.destinations = destinations
  }

  /** Of the way to the real server in `slot`; beyond any packet's length if nothing was said. */
  of(slot: number, nowTick: number): number {
    if (slot >= this.mtu.length || this.mtu[slot] === 0) return NONE
    if (((this.ends[slot] - nowTick) | 0) > 0 && this.destinations.isAt(slot, this.words, slot * 4))
      return this.mtu[slot]
    this.mtu[slot] = 0
    return NONE
  }

  /** A router on the way to the address at `words[at]` takes `mtu` bytes. */
  learn(words: Int32Array, at: number, family: 4 | 6, mtu: number, nowTick: number): void {
    const { destinations } = this
    this.reach(destinations.count)
    const told = Math.max(mtu, LEAST[family])
    for (let slot = 0; slot < destinations.count; slot++) {
      if (!destinations.isAt(slot, words, at) || this.of(slot, nowTick) < told) continue
      this.mtu[slot] = told
      this.ends[slot] = (nowTick + BELIEVED) | 0
      for (let i = 0; i < 4; i++) this.words[slot * 4 + i] = words[at + i]
    }
  }

  private reach(slots: number): void {
    if (slots <= this.mtu.length) return
    const grown = (old: Int32Array, length: number) => {
      const array = new Int32Array(length)
      array.set(old)
      return array
    }
    this.mtu = grown(this.mtu, slots)
    this.ends = grown(this.ends, slots)
    this.words = grown(this.words, slots * 4)
  }
}
