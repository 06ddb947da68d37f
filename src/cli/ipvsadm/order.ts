/**
 * The order of listings, as ipvsadm's own comparisons and libc's qsort make it.
 *
 * ipvsadm compares by the difference of two 32-bit numbers, kept in 32 bits: 192.168.0.1 stands before 10.0.0.1,
 * and mark 4294967295 before none. Such an order may run in a circle, so that the way of sorting shows: glibc's
 * merge sort.
 */
import * as address from '../../address/words.js'
import type { Destination, Service } from '../../model/service.js'

/** IP protocol numbers. */
const PROTOCOL = { tcp: 6, udp: 17, sctp: 132 } as const

interface Keyed<T> {
  item: T
  words: ArrayLike<number>
}

export function sortServices<T extends Service>(services: readonly T[]): T[] {
  return sorted(services, ({ item: a, words: left }, { item: b, words: right }) => {
    const first = (a.fwmark - b.fwmark) | 0 || a.family - b.family || PROTOCOL[a.protocol] - PROTOCOL[b.protocol]
    return first || compareWords(left, right) || a.port - b.port
  })
}

/** `destinations` newest first, as the kernel lists them. */
export function sortDestinations(destinations: readonly Destination[]): Destination[] {
  return sorted(
    destinations,
    ({ item: a, words: left }, { item: b, words: right }) =>
      address.familyOf(left) - address.familyOf(right) || compareWords(left, right) || a.port - b.port,
  )
}

function sorted<T extends { address: string }>(items: readonly T[], compare: Compare<Keyed<T>>): T[] {
  const keyed = items.map((item) => ({ item, words: address.parse(item.address) ?? NO_ADDRESS }))
  return mergeSort(keyed, compare).map(({ item }) => item)
}

/** Of a firewall mark. */
const NO_ADDRESS: address.Words = [0, 0, 0, 0]

function compareWords(left: ArrayLike<number>, right: ArrayLike<number>): number {
  for (let i = 0; i < 4; i++) {
    const difference = (left[i] - right[i]) | 0
    if (difference !== 0) return difference
  }
  return 0
}

type Compare<T> = (a: T, b: T) => number

function mergeSort<T>(items: T[], compare: Compare<T>): T[] {
  if (items.length < 2) return items
  const middle = items.length >> 1
  const left = mergeSort(items.slice(0, middle), compare)
  const right = mergeSort(items.slice(middle), compare)
  const merged: T[] = []
  let i = 0
  let j = 0
  while (i < left.length && j < right.length) merged.push(compare(left[i], right[j]) <= 0 ? left[i++] : right[j++])
  return merged.concat(left.slice(i), right.slice(j))
}
