/**
 * Directors keep the same connections: the daemons that are desired, run (IPVS's synchronisation, by UDP multicast).
 *
 * Promises that `follow` never fails: what cannot run now says why, and is tried again at the next call, as is what ran over
 * an address that the interface no longer has. Messages bear no proof of who sent them, as in IPVS: the interface must lead to
 * a network that is trusted.
 */
import type { SyncCounters } from '../api/routes.js'
import type { DataPlane } from '../engine/data-plane.js'
import type { DaemonRole, Daemons, SyncDaemon } from '../model/sync.js'
import { Backup } from './backup.js'
import { Master } from './master.js'

/** What the daemons ask of the machine. */
export interface SyncHost {
  /** Of an interface; null if there is none of this name. */
  mtuOf(name: string): number | null
  /** Its first IPv4 address, '' if it has none. */
  addressOf(name: string): string
}

interface Running {
  daemon: SyncDaemon
  scope: string
  member: Master | Backup
}

const ROLES = ['master', 'backup'] as const

export class Synchronisation {
  readonly counters: SyncCounters = { sent: 0, received: 0, malformed: 0, told: 0, taken: 0, refused: 0 }
  private readonly plane: DataPlane
  private readonly host: SyncHost
  private readonly running = new Map<DaemonRole, Running>()
  private readonly waits = new Map<DaemonRole, string>()

  constructor(plane: DataPlane, host: SyncHost) {
    this.plane = plane
    this.host = host
  }

  /** One line for each daemon that does not do its work. */
  get troubles(): string[] {
    const faults = [...this.running].map(([role, { member }]) => lineOf(role, member.trouble))
    const waits = [...this.waits].map(([role, why]) => lineOf(role, why))
    return [...faults, ...waits].filter((line) => line !== '')
  }

  /** Starts what is desired and does not run, ends what runs and is not desired. */
  follow(daemons: Daemons): void {
    for (const role of ROLES) this.followOne(role, daemons[role])
  }

  close(): void {
    for (const { member } of this.running.values()) member.close()
    this.running.clear()
  }

  private followOne(role: DaemonRole, daemon: SyncDaemon | null): void {
    const scope = daemon === null ? '' : this.scopeOf(daemon)
    const now = this.running.get(role)
    if (now && now.daemon === daemon && now.scope === scope && !now.member.failed) return
    now?.member.close()
    this.running.delete(role)
    this.waits.delete(role)
    if (daemon === null) return
    if (scope === '') this.waits.set(role, `there is no interface ${daemon.interface} with an address to use`)
    else this.running.set(role, { daemon, scope, member: this.start(role, daemon, scope, now?.member.trouble ?? '') })
  }

  private start(role: DaemonRole, daemon: SyncDaemon, scope: string, trouble: string): Master | Backup {
    const { plane, counters } = this
    return role === 'master'
      ? new Master(daemon, scope, plane, counters, trouble)
      : new Backup(daemon, scope, plane, counters, trouble)
  }

  /** How sockets name the interface; '' if it cannot be used now. */
  private scopeOf({ group, interface: name }: SyncDaemon): string {
    if (!group.includes(':')) return this.host.addressOf(name)
    return this.host.mtuOf(name) === null ? '' : `::%${name}`
  }
}

const lineOf = (role: DaemonRole, why: string): string => (why === '' ? '' : `${role} sync daemon: ${why}`)
