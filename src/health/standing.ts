/** What one check says of one server: good or bad answers in a row change its mind, and the first one makes it up. */
import type { Timing } from '../model/check.js'

export class Standing {
  /** A server is up until something says otherwise. */
  up = true
  known = false
  /** Answers in a row of the kind of the last one. */
  streak = 0
  #lastGood = true

  /** Whether it now stands otherwise. */
  judge(good: boolean, { rise, fall }: Pick<Timing, 'rise' | 'fall'>): boolean {
    this.streak = this.known && good === this.#lastGood ? this.streak + 1 : 1
    const needed = this.known ? (good ? rise : fall) : 1
    this.known = true
    this.#lastGood = good
    if (good === this.up || this.streak < needed) return false
    this.up = good
    return true
  }
}
