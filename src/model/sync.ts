/** The daemons that tell other directors of connections, and hear of theirs: one of each at most (ipvsadm --start-daemon). */
export type DaemonRole = 'master' | 'backup'

export interface SyncDaemon {
  interface: string
  /** The master's goes with what it sends; a backup hears its own alone, all of them with 0. */
  syncId: number
  /** Bytes of a message; what a master sends at most, what a backup reserves. */
  maxLength: number
  /** A multicast address; its family is the messages' own. */
  group: string
  port: number
  ttl: number
}

export type Daemons = Readonly<Record<DaemonRole, SyncDaemon | null>>

export const NO_DAEMONS: Daemons = { master: null, backup: null }

/** net/netfilter/ipvs/ip_vs_sync.c, IP_VS_SYNC_GROUP and IP_VS_SYNC_PORT. */
export const syncDefaults = { group: '224.0.0.81', port: 8848, ttl: 1 } as const

const UDP_HEADER = 8
const isIpv6 = (group: string): boolean => group.includes(':')

/** Of the headers before a message. */
export const overhead = (group: string): number => (isIpv6(group) ? 40 : 20) + UDP_HEADER
