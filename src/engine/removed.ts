/**
 * With expire_nodest_conn: when a real server is removed, the connections of all that were end (ip_vs_expire_nodest_conn_flush).
 *
 * The table is walked in portions, so that packets need not wait; one that comes meanwhile ends its connection itself.
 */
import * as record from '../conn/record.js'
import type { ServiceTable } from '../service/table.js'
import type { Connections } from './connections.js'

export class Removed {
  private readonly connections: Connections
  private readonly services: ServiceTable
  /** The handle looked at last; what ends a walk is the table's end. */
  private at = Number.POSITIVE_INFINITY

  constructor(connections: Connections, services: ServiceTable) {
    this.connections = connections
    this.services = services
  }

  /** A real server was removed. */
  begin(): void {
    this.at = -1
  }

  /** Looks at no more than `budget` handles; false if more are due. */
  advance(budget: number): boolean {
    const { table } = this.connections
    if (this.at >= table.end) return true
    const end = Math.min(this.at + 1 + budget, table.end)
    for (let handle = table.next(this.at, end); handle >= 0; handle = table.next(handle, end)) this.look(handle)
    this.at = end - 1
    if (end < table.end) return false
    this.at = Number.POSITIVE_INFINITY
    return true
  }

  /** A controlling entry goes with the last one that it controls. */
  private look(handle: number): void {
    const { table } = this.connections
    const { words } = table
    const base = table.base(handle)
    const destination = words[base + record.DESTINATION_SLOT]
    if (destination < 0 || this.services.alive(destination) || words[base + record.CONTROLLED] > 0) return
    const control = words[base + record.CONTROL] - 1
    this.connections.close(handle)
    if (control >= 0 && words[table.base(control) + record.CONTROLLED] === 0) this.connections.close(control)
  }
}
