/**
 * Traffic counters, and what LVS exports of them: values summed every two seconds, and smoothed rates
 * (net/netfilter/ipvs/ip_vs_est.c). `tick` is to be called every TICK_MS.
 *
 * Five counters stand side by side for each slot: connections, packets in and out, bytes in and out.
 */
export const TICK_MS = 2000

export interface Totals {
  connections: number
  inPackets: number
  outPackets: number
  inBytes: number
  outBytes: number
}

/** Counters are sums since the last zeroing, as of the last tick; rates are per second. */
export interface Traffic extends Totals {
  connectionRate: number
  inPacketRate: number
  outPacketRate: number
  inByteRate: number
  outByteRate: number
}

const STRIDE = 5
const CONNECTIONS = 0
const IN_PACKETS = 1
const OUT_PACKETS = 2
const IN_BYTES = 3
const OUT_BYTES = 4

/** Rates are kept in 1/1024 for connections and packets, in 1/32 for bytes. A sample spans two seconds, hence half of it. */
const PACKET_SCALE = 1024
const BYTE_SCALE = 32

export class Estimator {
  private live: Float64Array
  private summed: Float64Array
  private zeroed: Float64Array
  private rates: Float64Array
  /** Of slots that began a new life. */
  private readonly ended = new Float64Array(STRIDE)

  constructor(slots: number) {
    this.live = new Float64Array(slots * STRIDE)
    this.summed = new Float64Array(slots * STRIDE)
    this.zeroed = new Float64Array(slots * STRIDE)
    this.rates = new Float64Array(slots * STRIDE)
  }

  grow(slots: number): void {
    this.live = grown(this.live, slots)
    this.summed = grown(this.summed, slots)
    this.zeroed = grown(this.zeroed, slots)
    this.rates = grown(this.rates, slots)
  }

  countConnection(slot: number): void {
    this.live[slot * STRIDE + CONNECTIONS]++
  }

  /** A packet towards the real server; `bytes` by its IP length. */
  countIn(slot: number, bytes: number): void {
    const at = slot * STRIDE
    this.live[at + IN_PACKETS]++
    this.live[at + IN_BYTES] += bytes
  }

  countOut(slot: number, bytes: number): void {
    const at = slot * STRIDE
    this.live[at + OUT_PACKETS]++
    this.live[at + OUT_BYTES] += bytes
  }

  /** Counted elsewhere: packets in and out, bytes in and out (0 to 3). */
  add(slot: number, counter: number, change: number): void {
    this.live[slot * STRIDE + IN_PACKETS + counter] += change
  }

  /** Two seconds passed, for the slots below `slots`. */
  tick(slots: number): void {
    for (let at = 0; at < slots * STRIDE; at += STRIDE) {
      this.estimate(at + CONNECTIONS, PACKET_SCALE / 2)
      this.estimate(at + IN_PACKETS, PACKET_SCALE / 2)
      this.estimate(at + OUT_PACKETS, PACKET_SCALE / 2)
      this.estimate(at + IN_BYTES, BYTE_SCALE / 2)
      this.estimate(at + OUT_BYTES, BYTE_SCALE / 2)
    }
  }

  /** A quarter of the way to the new sample, rounded down as the kernel's arithmetic shift does. */
  private estimate(i: number, scale: number): void {
    const live = this.live[i]
    const sample = (live - this.summed[i]) * scale
    this.summed[i] = live
    const rate = this.rates[i]
    this.rates[i] = rate + Math.floor((sample - rate) / 4)
  }

  /** `ipvsadm -Z`: what was exported last becomes the new zero, rates start again. */
  zero(slot: number): void {
    for (let i = slot * STRIDE; i < (slot + 1) * STRIDE; i++) {
      this.zeroed[i] = this.summed[i]
      this.rates[i] = 0
    }
  }

  /** The slot begins a new life. */
  clear(slot: number): void {
    for (let k = 0; k < STRIDE; k++) this.ended[k] += this.live[slot * STRIDE + k]
    for (const values of [this.live, this.summed, this.zeroed, this.rates])
      values.fill(0, slot * STRIDE, (slot + 1) * STRIDE)
  }

  /** Everything that was ever counted, now: neither zeroing nor removal takes anything off it. */
  totals(): Totals {
    const sums = this.ended.slice()
    for (let i = 0; i < this.live.length; i++) sums[i % STRIDE] += this.live[i]
    const [connections, inPackets, outPackets, inBytes, outBytes] = sums
    return { connections, inPackets, outPackets, inBytes, outBytes }
  }

  view(slot: number): Traffic {
    const at = slot * STRIDE
    const sum = (k: number) => this.summed[at + k] - this.zeroed[at + k]
    const packets = (k: number) => Math.floor((this.rates[at + k] + PACKET_SCALE / 2 - 1) / PACKET_SCALE)
    const bytes = (k: number) => Math.floor((this.rates[at + k] + BYTE_SCALE / 2 - 1) / BYTE_SCALE)
    return {
      connections: sum(CONNECTIONS),
      inPackets: sum(IN_PACKETS),
      outPackets: sum(OUT_PACKETS),
      inBytes: sum(IN_BYTES),
      outBytes: sum(OUT_BYTES),
      connectionRate: packets(CONNECTIONS),
      inPacketRate: packets(IN_PACKETS),
      outPacketRate: packets(OUT_PACKETS),
      inByteRate: bytes(IN_BYTES),
      outByteRate: bytes(OUT_BYTES),
    }
  }
}

function grown(values: Float64Array, slots: number): Float64Array {
  const copy = new Float64Array(slots * STRIDE)
  copy.set(values)
  return copy
}
