/** The names LVS knows, for `-s` and `--pe`. */

/** Every scheduler of LVS (net/netfilter/ipvs/ip_vs_*.c). 'none' is a service that never schedules. */
export const SCHEDULERS = [
  'rr',
  'wrr',
  'lc',
  'wlc',
  'lblc',
  'lblcr',
  'dh',
  'sh',
  'sed',
  'nq',
  'fo',
  'ovf',
  'mh',
  'twos',
  'none',
] as const

/** Persistence engines (net/netfilter/ipvs/ip_vs_pe_*.c); a service without one has ''. */
export const PERSISTENCE_ENGINES = ['sip'] as const

export const isScheduler = (name: string): boolean => (SCHEDULERS as readonly string[]).includes(name)

export const isPersistenceEngine = (name: string): boolean =>
  name === '' || (PERSISTENCE_ENGINES as readonly string[]).includes(name)
