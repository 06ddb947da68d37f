/**
 * The cache of lblc and lblcr: from a packet's destination address to an entry, with the kernel's expiry
 * (ip_vs_lblc.c): every minute, entries idle for six minutes go while there are more than 16384; every half hour,
 * those idle for as long as the setting says, a day. It never holds more than LIMIT; a choice that finds it full is not remembered.
 */
import { AddressIndex } from '../address-index.js'

const MAX_ENTRIES = 16_384
const LIMIT = 2 * MAX_ENTRIES
const CHECK_MS = 60_000
const IDLE_MS = 6 * 60_000
const CHECKS_PER_FULL = 30

export class LocalityCache {
  private readonly index = new AddressIndex()
  private words = new Int32Array(0)
  /** -Infinity: a free entry. */
  private lastUse = new Float64Array(0)
  /** Entries ever used, and of those the free ones. */
  private end = 0
  private free: number[] = []
  private checks = 1
  private nextCheckMs = Number.NaN
  private rover = 0
  private readonly release: (entry: number) => void
  private readonly expirationMs: () => number

  /** `release` is told of every entry that goes; `expirationMs` is how long one may be idle, in the end. */
  constructor(release: (entry: number) => void, expirationMs: () => number) {
    this.release = release
    this.expirationMs = expirationMs
  }

  /** The entry of the address, touched, or -1. */
  find(words: Int32Array, at: number, nowMs: number): number {
    if (!(nowMs < this.nextCheckMs)) this.check(nowMs)
    const entry = this.index.find(0, 0, words, at)
    if (entry >= 0) this.lastUse[entry] = nowMs
    return entry
  }

  /** The same, untouched. */
  peek(words: Int32Array, at: number): number {
    return this.index.find(0, 0, words, at)
  }

  /** A new entry for an address that has none, or -1 when full. */
  insert(words: Int32Array, at: number, nowMs: number): number {
    const entry = this.free.pop() ?? this.fresh()
    if (entry < 0) return -1
    for (let i = 0; i < 4; i++) this.words[entry * 4 + i] = words[at + i]
    this.index.set(0, 0, words, at, entry)
    this.lastUse[entry] = nowMs
    return entry
  }

  clear(): void {
    for (let entry = 0; entry < this.end; entry++) if (this.lastUse[entry] >= 0) this.drop(entry)
  }

  private fresh(): number {
    if (this.end === LIMIT) return -1
    if (this.end === this.lastUse.length) this.grow()
    return this.end++
  }

  private grow(): void {
    const entries = Math.max(64, this.end * 2)
    const words = new Int32Array(entries * 4)
    words.set(this.words)
    const lastUse = new Float64Array(entries).fill(Number.NEGATIVE_INFINITY)
    lastUse.set(this.lastUse)
    this.words = words
    this.lastUse = lastUse
  }

  private check(nowMs: number): void {
    const first = Number.isNaN(this.nextCheckMs)
    this.nextCheckMs = nowMs + CHECK_MS
    if (first) return
    const excess = this.end - this.free.length - MAX_ENTRIES
    if (this.checks % CHECKS_PER_FULL === 0) {
      this.expire(nowMs - this.expirationMs(), this.end)
      this.checks = 1
    } else if (excess <= 0) this.checks++
    else this.expire(nowMs - IDLE_MS, Math.min(Math.floor((excess * 4) / 3), MAX_ENTRIES / 2))
  }

  /** Drops up to `goal` entries last used at `untilMs` or before. */
  private expire(untilMs: number, goal: number): void {
    for (let i = 0; i < this.end && goal > 0; i++) {
      this.rover = (this.rover + 1) % this.end
      if (this.lastUse[this.rover] < 0 || this.lastUse[this.rover] > untilMs) continue
      this.drop(this.rover)
      goal--
    }
  }

  private drop(entry: number): void {
    this.release(entry)
    this.index.delete(0, 0, this.words, entry * 4)
    this.lastUse[entry] = Number.NEGATIVE_INFINITY
    this.free.push(entry)
  }
}
