/**
 * Sequence numbers of a stream whose text has changed its length on the way (struct ip_vs_seq, ip_vs_app.c).
 *
 * Three words for each direction of a connection: the number at which the last change took effect, by how much numbers
 * behind it have moved, and those before. Two changes at once are more than it can tell apart, as in the kernel.
 */
export const INITIAL = 0
export const DELTA = 1
export const PREVIOUS = 2

/** How far a number of the sender moves on its way. */
export function moved(words: Int32Array, at: number, sequence: number): number {
  return isAfter(sequence, words[at + INITIAL]) ? words[at + DELTA] : words[at + PREVIOUS]
}

/** How far what the receiver acknowledges moves on its way back, taken off. */
export function movedBack(words: Int32Array, at: number, acknowledgement: number): number {
  const isBehind = isAfter(acknowledgement, (words[at + INITIAL] + words[at + DELTA]) | 0)
  return isBehind ? words[at + DELTA] : words[at + PREVIOUS]
}

/** The text at `sequence` has grown; a retransmission of the same changes nothing. */
export function note(words: Int32Array, at: number, sequence: number, growth: number): void {
  const isFirst = words[at + DELTA] === words[at + PREVIOUS]
  if (growth === 0 || !(isFirst || isAfter(sequence, words[at + INITIAL]))) return
  words[at + PREVIOUS] = words[at + DELTA]
  words[at + DELTA] += growth
  words[at + INITIAL] = sequence
}

const isAfter = (a: number, b: number): boolean => ((a - b) | 0) > 0
