/** The real engine in a simulated network, configured by the real commands. */

import { apply } from '../../src/commands/apply.js'
import type { Command } from '../../src/commands/command.js'
import { compile } from '../../src/compile/compile.js'
import { bytesFor } from '../../src/conn/table.js'
import { Engine } from '../../src/engine/engine.js'
import { SimulatedPort } from '../../src/io/simulated/port.js'
import { emptyState, type State } from '../../src/model/state.js'
import type { Network } from './network.js'
import { decode } from './segment.js'

const CAPACITY = 8192
const TICK_MS = 100

export class Director {
  readonly engine: Engine
  state: State = emptyState()
  private readonly network: Network

  /** `memory`: a table that an earlier director left. */
  constructor(network: Network, addresses: string[], memory = new ArrayBuffer(bytesFor(CAPACITY))) {
    this.network = network
    const port = new SimulatedPort((bytes) => network.send(decode(bytes).to, bytes))
    this.engine = new Engine({
      view: port.view,
      hops: port.hops,
      transmit: (packet) => port.transmit(packet),
      memory,
      capacity: CAPACITY,
      seed: { hash: [1, 2], boot: [3, 4, 5, 6] },
      random: () => Math.floor(network.chance() * 0x1_0000_0000),
      nowMs: network.nowMs,
      kernel: null,
    })
    port.start((packets, count) => this.engine.handleBurst(packets, count, network.nowMs))
    for (const address of addresses) network.attach(address, (bytes) => port.deliver(bytes))
    this.tick()
  }

  do(...commands: Command[]): void {
    for (const command of commands) this.state = apply(this.state, command)
    this.install(this.state)
  }

  install(state: State): void {
    this.state = state
    this.engine.install(
      compile(state, { to: () => ({ interface: 'eth0', source: '192.0.2.10', mtu: 1500, local: false }) }),
      this.network.nowMs,
    )
  }

  private tick(): void {
    this.engine.tick(this.network.nowMs)
    this.network.after(TICK_MS, () => this.tick())
  }
}
