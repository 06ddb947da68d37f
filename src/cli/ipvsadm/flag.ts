/** Scheduler flags (-b): three bits of a service, whose names depend on its scheduler. */
import { Refusal } from './refusal.js'

/** Bit 0, 1, 2. */
const GENERIC = ['flag-1', 'flag-2', 'flag-3']
/** sh and mh name the two bits they use, and show no other (net/netfilter/ipvs/ip_vs_sh.c, ip_vs_mh.c). */
const OWN: Readonly<Record<string, readonly string[]>> = {
  sh: ['sh-fallback', 'sh-port'],
  mh: ['mh-fallback', 'mh-port'],
}
const OWN_NAMES = Object.values(OWN).flat()

/** Bits of a comma-separated list. */
export function parseFlags(text: string, scheduler: string): number {
  return text
    .split(',')
    .filter((name) => name !== '')
    .reduce((bits, name) => bits | bitOf(name, scheduler), 0)
}

function bitOf(name: string, scheduler: string): number {
  const generic = GENERIC.indexOf(name)
  if (generic >= 0) return 1 << generic
  if (!OWN_NAMES.includes(name)) throw new Refusal(`invalid scheduler flag \`${name}'`)
  const own = OWN[scheduler]?.indexOf(name) ?? -1
  if (own < 0) throw new Refusal(`incompatible scheduler flag \`${name}'`)
  return 1 << own
}

/** The list as it is shown and typed, '' for none. */
export function formatFlags(bits: number, scheduler: string): string {
  return (OWN[scheduler] ?? GENERIC).filter((_, i) => bits & (1 << i)).join(',')
}
