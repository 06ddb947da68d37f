/**
 * The BPF program on the interfaces of this network namespace.
 *
 * Promises: it goes on forwarding when this process dies, and `standing` finds it again with all its memory; `remove`
 * takes it away everywhere, and with it the queueing disciplines that `attach` made and nobody else uses. It never looks at a packet and knows
 * no connection.
 */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import * as bpf from '../../sys/bpf.js'
import { hasFilters, links } from '../../sys/rtnetlink.js'

/** Tells our filter from others: 'fn' and a number; late, so that others see packets first. */
const FILTER = { handle: 0x666e, priority: 0x666e }

/** Packets of such an interface have an Ethernet header. */
const ARPHRD_ETHER = 1

export class KernelProgram {
  private readonly device: string
  private readonly hooksFile: string

  /**
   * `device`: the engine's own, which gets no program. `hooksFile`: where the interfaces are kept on which a hook was
   * made for the program; it is there as long as the program may be.
   */
  constructor(device: string, hooksFile: string) {
    this.device = device
    this.hooksFile = hooksFile
  }

  /** What an earlier process left here, or null. */
  standing(): bpf.BpfProgram | null {
    if (!existsSync(this.hooksFile)) return null
    for (const place of this.places()) {
      const program = bpf.programAt(place)
      if (program !== null) return program
    }
    return null
  }

  /** Onto every Ethernet interface there is by now, in the place of another program of ours. */
  attach(program: bpf.BpfProgram): void {
    const hooks = new Set(this.hooks())
    if (!existsSync(this.hooksFile)) this.save(hooks)
    for (const place of this.places()) {
      if (!bpf.makeHook(place.index)) continue
      hooks.add(place.index)
      this.save(hooks)
    }
    for (const place of this.places()) bpf.attach(place, program.fd)
  }

  /** Nothing happens, and no libbpf is asked for, where there never was a program. */
  remove(): void {
    if (!existsSync(this.hooksFile)) return
    const made = this.hooks()
    for (const place of this.places()) {
      bpf.detach(place)
      if (made.includes(place.index) && !hasFilters(place.index)) bpf.destroyHook(place.index)
    }
    rmSync(this.hooksFile)
  }

  private hooks(): number[] {
    return existsSync(this.hooksFile) ? JSON.parse(readFileSync(this.hooksFile, 'utf8')) : []
  }

  private save(hooks: Set<number>): void {
    writeFileSync(this.hooksFile, JSON.stringify([...hooks]), { mode: 0o600 })
  }

  private places(): bpf.FilterPlace[] {
    return links()
      .filter(({ name, type }) => type === ARPHRD_ETHER && name !== this.device)
      .map(({ index }) => ({ index, ...FILTER }))
  }
}
