/**
 * The engine beside a program in the kernel that carries packets of the same connections, and makes new ones: what must be
 * done now and then so that both know the same.
 */

import * as record from '../conn/record.js'
import type { NatPacket } from '../nat/packet.js'
import type { PortAllocator } from '../nat/ports.js'
import { NatChains } from '../nat/walk.js'
import type { ServiceTable } from '../service/table.js'
import * as layout from '../wire/layout.js'
import type { Connections } from './connections.js'
import type { HalfOpen } from './half-open.js'
import { Births } from './kernel-births.js'
import { KernelBooks } from './kernel-books.js'
import type { KernelMemory } from './kernel-memory.js'
import { KernelServices } from './kernel-services.js'
import { Defence, type EngineSettings } from './table.js'

/** All timers are looked at once in so many ticks, some four seconds; of few all at once. */
const RECHECK_TICKS = 80
const RECHECK_LEAST = 1000

const NO_CHAINS = new NatChains([], [])

export class KernelSide {
  readonly books: KernelBooks
  readonly services: KernelServices
  private readonly births: Births
  private readonly connections: Connections
  private readonly settings: EngineSettings
  private readonly halfOpen: HalfOpen
  private rechecked = 0
  /** Ports that the program took from connections in TIME_WAIT. */
  earlyPorts = 0
  private readonly made = (handle: number, length: number, early: boolean): void => {
    if (early) this.earlyPorts++
    const { words } = this.connections.table
    const base = this.connections.table.base(handle)
    this.services.countOpened(words[base + record.DESTINATION_SLOT], length)
    if (record.protocolOf(words[base + record.META]) === layout.TCP)
      this.halfOpen.opened(handle, words[base + record.CREATED])
  }

  constructor(
    memory: KernelMemory,
    services: ServiceTable,
    connections: Connections,
    settings: EngineSettings,
    nat: NatPacket,
    ports: PortAllocator,
    halfOpen: HalfOpen,
  ) {
    this.halfOpen = halfOpen
    this.connections = connections
    this.settings = settings
    this.books = new KernelBooks(memory, services)
    this.books.setIndex(connections.table)
    this.books.setOpens(false)
    this.births = new Births(memory, connections)
    this.services = new KernelServices(memory, services, connections.table.hash, nat, ports, settings, NO_CHAINS)
  }

  /** Before connections are taken over from an engine that died. */
  forget(): void {
    this.books.forget()
    this.births.reset()
  }

  /** Another table is about to run: the program makes no connection until it does. */
  pause(): void {
    this.books.setOpens(false)
    this.collect()
  }

  /** It runs. `rules`: how many there are in all chains. */
  installed(marks: NatChains, chains: NatChains, rules: number, nowMs: number): void {
    this.births.refill(nowMs)
    this.books.setAging(this.connections.aging)
    this.books.setReuse(this.settings)
    this.books.setAlive(!this.settings.standsBack)
    this.services.installed(marks, this.settings.translates ? chains : NO_CHAINS, rules)
    this.setOpens()
  }

  /** From now on the program makes none, and what it has made is known. */
  beginOpening(): void {
    this.books.setOpening(true)
    this.collect()
  }

  /** False if the connection of `handle` is there no more: one that was just being made has its source. */
  endOpening(handle: number): boolean {
    this.books.setOpening(false)
    this.connections.yielded = -1
    this.collect()
    return handle < 0 || this.connections.yielded !== handle
  }

  /** Whoever looked for a connection in vain looks again if this is true. */
  collect(): boolean {
    return this.births.collect(this.made)
  }

  /**
   * Between two ticks, while connections are made at a pace: what is taken in often is taken in little by little, and holds up
   * neither the processor nor the program. True: call again soon.
   */
  pulse(nowMs: number): boolean {
    if (!this.collect()) return false
    this.births.refill(nowMs)
    return true
  }

  /** False: there is more to do. */
  tick(nowMs: number): boolean {
    this.collect()
    this.births.refill(nowMs)
    this.books.setAging(this.connections.aging)
    this.books.foldActive()
    this.services.refresh()
    this.setOpens()
    const share = Math.max(RECHECK_LEAST, Math.ceil(this.connections.table.end / RECHECK_TICKS))
    this.rechecked = this.connections.recheckTimers(this.rechecked, share)
    return this.services.advance()
  }

  /** Statistics are about to be estimated, or destinations given up. */
  estimate(): void {
    this.books.countTraffic()
  }

  /** Not where the engine has to look at each first packet. */
  private setOpens(): void {
    const { standsBack, dropPacket } = this.settings
    this.books.setOpens(!standsBack && dropPacket === Defence.off && this.connections.expected === 0)
  }
}
