/** Packet and byte counts in listings (iptables 1.8.9, xtables.c, xtables_print_num). */
import type { TableView } from '../../api/routes.js'
import type { Counters } from '../../commands/command.js'

const PLAIN_MAX = 99_999
const SHORT_MAX = 9_999
const LETTERS = ['K', 'M', 'G', 'T']

/** Rounded to thousands until it is short: 1234567 is 1235K. */
export function shortCount(count: number): string {
  if (count <= PLAIN_MAX) return `${count}`
  let short = count
  for (const letter of LETTERS) {
    short = Math.floor((short + 500) / 1000)
    if (short <= SHORT_MAX || letter === 'T') return `${short}${letter}`
  }
  return `${short}`
}

/** Of rules and policies, by id. */
export const countersById = ({ rules, policies }: TableView): Map<number, Counters> =>
  new Map([...rules, ...policies].map((one) => [one.id, one]))

export const NO_COUNTERS: Counters = { packets: 0, bytes: 0 }
