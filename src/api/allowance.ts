/** So many a second, with some at once: a bucket for each key, filled again as time passes. Bounded in keys. */
const KEYS_MAX = 10_000

interface Bucket {
  left: number
  atMs: number
}

export class Allowance {
  readonly #perSecond: number
  readonly #atOnce: number
  readonly #buckets = new Map<string, Bucket>()

  constructor(perSecond: number, atOnce: number) {
    this.#perSecond = perSecond
    this.#atOnce = atOnce
  }

  /** Takes one; false if there is none. */
  take(key: string, nowMs: number): boolean {
    const bucket = this.#filled(key, nowMs)
    this.#buckets.delete(key)
    this.#buckets.set(key, bucket) // the newest is last
    if (this.#buckets.size > KEYS_MAX) this.#buckets.delete(this.#buckets.keys().next().value!)
    if (bucket.left < 1) return false
    bucket.left--
    return true
  }

  #filled(key: string, nowMs: number): Bucket {
    const found = this.#buckets.get(key) ?? { left: this.#atOnce, atMs: nowMs }
    const left = Math.min(this.#atOnce, found.left + ((nowMs - found.atMs) / 1000) * this.#perSecond)
    return { left, atMs: nowMs }
  }
}
