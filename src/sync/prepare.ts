/** What a command to start a daemon needs to know of the host: whether its interface is there, and what it carries. */
import type { Command } from '../commands/command.js'
import { Failure } from '../failure/failure.js'
import { type DaemonRole, overhead, type SyncDaemon } from '../model/sync.js'

/** net/netfilter/ipvs/ip_vs_sync.c, start_sync_thread: whatever the interface carries, a master sends what Ethernet does. */
const ETHERNET_MTU = 1500
const MTU_MAX = 65535
const BACKUP_LEAST = 1024

/** In place of a command that names no interface of the host: Failure('interface-missing'). `mtuOf`: null where there is none. */
export const prepared = (commands: readonly Command[], mtuOf: (name: string) => number | null): (Command | Failure)[] =>
  commands.map((command) => {
    if (command.kind !== 'daemon.start') return command
    const { role, daemon } = command
    const mtu = mtuOf(daemon.interface)
    if (mtu === null) return missing(daemon.interface)
    return { ...command, daemon: { ...daemon, maxLength: lengthOf(role, daemon, mtu) } }
  })

const missing = (name: string): Failure =>
  new Failure('interface-missing', name === '' ? 'no interface is named' : `there is no interface ${name}`, { name })

function lengthOf(role: DaemonRole, { maxLength, group }: SyncDaemon, mtu: number): number {
  const most = MTU_MAX - overhead(group)
  if (maxLength !== 0) return Math.min(role === 'backup' ? Math.max(maxLength, BACKUP_LEAST) : maxLength, most)
  const usual = role === 'backup' ? Math.min(Math.max(mtu, ETHERNET_MTU), MTU_MAX) : ETHERNET_MTU
  return usual - overhead(group)
}
