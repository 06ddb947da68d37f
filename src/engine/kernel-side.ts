/**
 * The engine beside a program in the kernel that carries packets of the same connections: what must be done now and then
 * so that both know the same.
 */

import type { ServiceTable } from '../service/table.js'
import type { Connections } from './connections.js'
import { KernelBooks } from './kernel-books.js'
import type { KernelMemory } from './kernel-memory.js'

/** Records whose timers are looked at in one tick: a million in some five seconds. */
const RECHECKED = 10_000

export class KernelSide {
  readonly books: KernelBooks
  private readonly connections: Connections
  private rechecked = 0

  constructor(memory: KernelMemory, services: ServiceTable, connections: Connections) {
    this.connections = connections
    this.books = new KernelBooks(memory, services)
    this.books.setIndex(connections.table)
  }

  /** Another table runs from now on; `carries`: clients' packets are this director's to carry. */
  installed(carries: boolean): void {
    this.books.setAging(this.connections.aging)
    this.books.setAlive(carries)
  }

  tick(): void {
    this.books.setAging(this.connections.aging)
    this.books.foldActive()
    this.rechecked = this.connections.recheckTimers(this.rechecked, RECHECKED)
  }

  /** Statistics are about to be estimated, or destinations given up. */
  estimate(): void {
    this.books.countTraffic()
  }
}
