/**
 * When connections end: a hashed timer wheel over the records' own list words.
 *
 * A packet only stores a new deadline in its record; the wheel looks again when the old one comes (so restarting a
 * timer costs one store). Only a deadline that moves nearer re-files the record. Work per call is bounded.
 */
import { EXPIRES, TIMEOUT, TIMER_NEXT, TIMER_PREVIOUS, TIMER_TICK } from './record.js'
import type { ConnectionTable } from './table.js'

/** Ticks of 16 ms per slot: a quarter of a second; 4 096 slots: 17 minutes before a far deadline is looked at. */
const SLOT_SHIFT = 4
const SLOT_TICKS = 1 << SLOT_SHIFT
const SLOTS = 4096

export class Timers {
  private readonly table: ConnectionTable
  private readonly heads = new Int32Array(SLOTS)
  /** The first tick of the slot processed next. */
  private cursor: number

  constructor(table: ConnectionTable, nowTick: number) {
    this.table = table
    this.cursor = nowTick & -SLOT_TICKS
  }

  /** Start or restart the timer: `timeout` ticks from now. */
  restart(base: number, handle: number, nowTick: number, timeout: number): void {
    const words = this.table.words
    const expires = (nowTick + timeout) | 0
    words[base + TIMEOUT] = timeout
    words[base + EXPIRES] = expires
    const filed = words[base + TIMER_TICK]
    if (filed !== 0 && ((expires - filed) | 0) >= 0) return
    if (filed !== 0) this.cancel(handle)
    this.file(handle)
  }

  /** File a record under its deadline (EXPIRES is set). */
  file(handle: number): void {
    const words = this.table.words
    const base = this.table.base(handle)
    const far = (this.cursor + (SLOTS - 2) * SLOT_TICKS) | 0
    const near = (this.cursor + SLOT_TICKS) | 0
    let tick = words[base + EXPIRES]
    if (((tick - far) | 0) > 0) tick = far
    if (((tick - near) | 0) < 0) tick = near
    words[base + TIMER_TICK] = tick === 0 ? 1 : tick
    const slot = slotOf(tick)
    const first = this.heads[slot]
    words[base + TIMER_PREVIOUS] = 0
    words[base + TIMER_NEXT] = first
    if (first > 0) words[this.table.base(first - 1) + TIMER_PREVIOUS] = handle + 1
    this.heads[slot] = handle + 1
  }

  /** Somebody else set EXPIRES: if it came nearer, the wheel looks there. */
  recheck(handle: number): void {
    const words = this.table.words
    const base = this.table.base(handle)
    if (words[base + TIMER_TICK] === 0 || ((words[base + EXPIRES] - words[base + TIMER_TICK]) | 0) >= 0) return
    this.cancel(handle)
    this.file(handle)
  }

  cancel(handle: number): void {
    const words = this.table.words
    const base = this.table.base(handle)
    const next = words[base + TIMER_NEXT]
    const previous = words[base + TIMER_PREVIOUS]
    if (next > 0) words[this.table.base(next - 1) + TIMER_PREVIOUS] = previous
    if (previous > 0) words[this.table.base(previous - 1) + TIMER_NEXT] = next
    else this.heads[slotOf(words[base + TIMER_TICK])] = next
    words[base + TIMER_TICK] = 0
  }

  /**
   * Look at what is due: `expire(handle)` for each record past its deadline, already taken off the wheel.
   * Stops after `budget` records; returns true when it has caught up with `nowTick`.
   */
  advance(nowTick: number, budget: number, expire: (handle: number) => void): boolean {
    const words = this.table.words
    while (((nowTick - this.cursor) | 0) >= SLOT_TICKS) {
      const slot = slotOf(this.cursor)
      let entry = this.heads[slot]
      while (entry > 0) {
        if (budget-- <= 0) return false
        const handle = entry - 1
        const base = this.table.base(handle)
        this.cancel(handle)
        if (((words[base + EXPIRES] - nowTick) | 0) > 0) this.file(handle)
        else expire(handle)
        entry = this.heads[slot]
      }
      this.cursor = (this.cursor + SLOT_TICKS) | 0
    }
    return true
  }
}

const slotOf = (tick: number): number => (tick >> SLOT_SHIFT) & (SLOTS - 1)
