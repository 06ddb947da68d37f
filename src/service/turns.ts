/**
 * A scheduler's round, written down for somebody else to choose by: a list of choices, and a counter of turns taken that
 * both sides raise. Before the scheduler itself is asked, it makes up for what was taken elsewhere, so that the sequence is one.
 */
export class Turns {
  private readonly words: Int32Array
  /** Of the counter, in `words`. */
  private readonly at: number
  /** Of the round. */
  private length = 1
  private seen = 0

  constructor(words: Int32Array, at: number) {
    this.words = words
    this.at = at
  }

  /** A round of `length` choices begins with the next turn. Nobody takes one meanwhile. */
  begin(length: number): void {
    this.length = length
    this.seen = 0
    this.words[this.at] = 0
  }

  /** How many choices the scheduler is behind: a whole round leaves it where it was. */
  behind(): number {
    const turns = Atomics.load(this.words, this.at)
    const missed = ((turns - this.seen) >>> 0) % this.length
    this.seen = turns
    return missed
  }

  /** The scheduler makes a choice itself. */
  take(): void {
    Atomics.add(this.words, this.at, 1)
    this.seen = (this.seen + 1) | 0
  }
}
