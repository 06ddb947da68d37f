/** The master daemon: about each second it tells the group of the connections that are due. */
import { createSocket, type Socket } from 'node:dgram'
import type { SyncCounters } from '../api/routes.js'
import type { DataPlane, DuePage } from '../engine/data-plane.js'
import type { SyncDaemon } from '../model/sync.js'
import { encode } from './message.js'

const LOOK_MS = 1000

export class Master {
  /** Its socket is of no use any more. */
  failed = false
  /** Why messages do not leave; '' if they do. */
  trouble: string
  private readonly daemon: SyncDaemon
  private readonly plane: Pick<DataPlane, 'dueConnections' | 'retellConnections'>
  private readonly counters: SyncCounters
  private readonly socket: Socket
  private timer: NodeJS.Timeout | null = null
  private closed = false

  /** `scope`: the interface's address, or `::%NAME` for IPv6. `trouble` stands until a message has left. */
  constructor(daemon: SyncDaemon, scope: string, plane: Master['plane'], counters: SyncCounters, trouble: string) {
    this.trouble = trouble
    this.daemon = daemon
    this.plane = plane
    this.counters = counters
    const isIpv6 = daemon.group.includes(':')
    this.socket = createSocket(isIpv6 ? 'udp6' : 'udp4')
    this.socket.on('error', (error) => this.fail(error))
    this.socket.bind({ port: 0, address: isIpv6 ? '::' : scope }, () => this.begin(scope))
  }

  close(): void {
    this.closed = true
    if (this.timer) clearTimeout(this.timer)
    this.socket.close()
  }

  private begin(scope: string): void {
    try {
      this.socket.setMulticastInterface(scope)
      this.socket.setMulticastTTL(this.daemon.ttl)
      this.socket.setMulticastLoopback(false)
      this.schedule()
    } catch (error) {
      this.fail(error as Error)
    }
  }

  private schedule(): void {
    if (!this.closed) this.timer = setTimeout(() => void this.look(), LOOK_MS)
  }

  /** One round over all connections, page by page. */
  private async look(): Promise<void> {
    try {
      for (let from = 0; from >= 0 && !this.closed; ) {
        const page = await this.plane.dueConnections(from)
        await this.tell(page)
        this.counters.told += page.entries.length
        from = page.next
      }
      this.trouble = ''
    } catch (error) {
      this.fail(error as Error)
    }
    this.schedule()
  }

  /** All of the page or none of it: what has left may be told twice. */
  private async tell({ entries, handles }: DuePage): Promise<void> {
    const { syncId, maxLength } = this.daemon
    try {
      for (const message of encode(syncId, entries, maxLength)) await this.send(message)
    } catch (error) {
      await this.plane.retellConnections(handles)
      throw error
    }
  }

  private send(message: Buffer): Promise<void> {
    const { group, port } = this.daemon
    return new Promise((resolve, reject) => {
      if (this.closed) return reject(new Error('the daemon was stopped'))
      this.socket.send(message, port, this.target(group), (error) => {
        if (error) return reject(error)
        this.counters.sent++
        resolve()
      })
    })
  }

  /** A link-local group is of one link. */
  private target(group: string): string {
    return group.includes(':') ? `${group}%${this.daemon.interface}` : group
  }

  private fail(error: Error): void {
    this.failed = true
    this.trouble = `connections are not told to other directors: ${error.message}`
  }
}
