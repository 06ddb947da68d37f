/** The backup daemon: hears the group, and gives to the data path the connections that others tell of. */
import { createSocket, type Socket } from 'node:dgram'
import type { SyncCounters } from '../api/routes.js'
import type { DataPlane, SyncEntry } from '../engine/data-plane.js'
import type { SyncDaemon } from '../model/sync.js'
import { decode } from './message.js'

/** Messages that the data path has not taken yet; more are let drop, as a full socket would. */
const PENDING_MAX = 1000

export class Backup {
  /** Its socket is of no use any more. */
  failed = false
  /** Why nothing is heard; '' if it is. */
  trouble: string
  private readonly daemon: SyncDaemon
  private readonly plane: Pick<DataPlane, 'adoptConnections'>
  private readonly counters: SyncCounters
  private readonly socket: Socket
  private pending = 0

  /** `scope`: the interface's address, or `::%NAME` for IPv6. `trouble` stands until the group is joined. */
  constructor(daemon: SyncDaemon, scope: string, plane: Backup['plane'], counters: SyncCounters, trouble: string) {
    this.trouble = trouble
    this.daemon = daemon
    this.plane = plane
    this.counters = counters
    const { group, port } = daemon
    const isIpv6 = group.includes(':')
    this.socket = createSocket({ type: isIpv6 ? 'udp6' : 'udp4', reuseAddr: true })
    this.socket.on('error', (error) => this.fail(error))
    this.socket.on('message', (bytes) => this.hear(bytes))
    this.socket.bind({ port, address: isIpv6 ? `${group}%${daemon.interface}` : group }, () => this.join(group, scope))
  }

  close(): void {
    this.socket.close()
  }

  private join(group: string, scope: string): void {
    try {
      this.socket.addMembership(group, scope)
      this.trouble = ''
    } catch (error) {
      this.fail(error as Error)
    }
  }

  private hear(bytes: Buffer): void {
    const { counters, daemon } = this
    const message = decode(bytes)
    counters.received++
    if (message === null) counters.malformed++
    else if (daemon.syncId === 0 || daemon.syncId === message.syncId) {
      counters.refused += message.skipped
      void this.give(message.entries)
    }
  }

  private async give(entries: SyncEntry[]): Promise<void> {
    const { counters } = this
    if (this.pending === PENDING_MAX) {
      counters.refused += entries.length
      return
    }
    this.pending++
    try {
      const { taken, refused } = await this.plane.adoptConnections(entries)
      counters.taken += taken
      counters.refused += refused
    } catch {
      counters.refused += entries.length // the data path is being started again
    } finally {
      this.pending--
    }
  }

  private fail(error: Error): void {
    this.failed = true
    this.trouble = `other directors are not heard: ${error.message}`
  }
}
