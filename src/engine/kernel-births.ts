/**
 * Connections that the program in the kernel makes: the engine offers it free records, a ring for each processor, and takes in
 * what was made of them.
 *
 * Until then the program finds them in the born tables, and the engine not at all: whoever looks for a connection in vain
 * calls `collect` and looks again. Two born tables take turns, so that one can be emptied after every program that may still
 * have written to it has ended.
 */
import type { Connections } from './connections.js'
import * as layout from './kernel-layout.js'
import type { KernelMemory } from './kernel-memory.js'

/** A program ends within microseconds. */
const GRACE_MS = 20
/** A ring gets no more than this part of the table, and all rings together half of it. */
const SHARE = 8
/** Handles that stay with the engine. */
const KEPT_SHARE = 16

export class Births {
  private readonly connections: Connections
  private readonly config: Int32Array
  private readonly rings: Int32Array
  private readonly born: Int32Array
  private readonly processors: number
  private readonly size: number
  /** By processor: handles taken in. */
  private readonly seen: Int32Array
  /** Something is in the table that takes entries; when the tables changed places last. */
  private filled = false
  private changedMs = 0

  constructor(memory: KernelMemory, connections: Connections) {
    this.connections = connections
    this.config = new Int32Array(memory.config)
    this.rings = new Int32Array(memory.rings)
    this.born = new Int32Array(memory.born)
    this.processors = this.rings.length / layout.RING_WORDS
    this.seen = new Int32Array(this.processors)
    for (let i = 0; i < this.processors; i++) this.seen[i] = this.rings[i * layout.RING_WORDS + layout.RING_TAKEN] // of an engine that died
    const share = connections.table.capacity / Math.max(SHARE, 2 * this.processors)
    this.size = Math.min(layout.RING_MOST, 1 << Math.floor(Math.log2(Math.max(1, share))))
    this.config[layout.CONFIG_RING_MASK] = this.size - 1
  }

  /** What an engine that died offered is offered no more; nothing is made meanwhile, nor was for a while. */
  reset(): void {
    for (let i = 0; i < this.processors; i++) this.rings.fill(0, i * layout.RING_WORDS, i * layout.RING_WORDS + 2)
    this.seen.fill(0)
    this.born.fill(0)
    this.filled = false
  }

  /** Takes in what was made; true if there was anything. `made` hears of each as of Connections.adoptBorn. */
  collect(made: (handle: number, length: number, early: boolean) => void): boolean {
    const { rings, seen, size, connections } = this
    let any = false
    for (let i = 0; i < this.processors; i++) {
      const at = i * layout.RING_WORDS
      const taken = Atomics.load(rings, at + layout.RING_TAKEN)
      for (; seen[i] !== taken; seen[i] = (seen[i] + 1) | 0) {
        connections.adoptBorn(rings[at + layout.RING_HANDLES + (seen[i] & (size - 1))], made)
        any = true
      }
    }
    this.filled ||= any
    return any
  }

  /** After a `collect`, now and then: offers handles anew, and empties what is adopted. */
  refill(nowMs: number): void {
    for (let i = 0; i < this.processors; i++) this.offer(i)
    if (!this.filled || nowMs - this.changedMs < GRACE_MS) return
    const other = this.config[layout.CONFIG_BORN] ^ 1
    this.born.fill(0, other * layout.BORN_MOST * 2, (other + 1) * layout.BORN_MOST * 2)
    Atomics.store(this.config, layout.CONFIG_BORN, other)
    this.filled = false
    this.changedMs = nowMs
  }

  private offer(processor: number): void {
    const { rings, size, connections } = this
    const { table } = connections
    const at = processor * layout.RING_WORDS
    let offered = rings[at + layout.RING_OFFERED]
    while (((offered - this.seen[processor]) | 0) < size && table.free > table.capacity / KEPT_SHARE) {
      rings[at + layout.RING_HANDLES + (offered & (size - 1))] = table.offer()
      offered = (offered + 1) | 0
    }
    Atomics.store(rings, at + layout.RING_OFFERED, offered)
  }
}
