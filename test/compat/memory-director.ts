/** A director of state alone: commands are applied for real, no packet was ever seen, so every counter is zero. */
import type { CommandResult, ConnectionsView, DaemonsView, ServicesView, TableView } from '../../src/api/routes.js'
import type { DirectorClient } from '../../src/cli/io.js'
import { applyAll } from '../../src/commands/apply.js'
import type { Command, Family } from '../../src/commands/command.js'
import { Failure } from '../../src/failure/failure.js'
import type { TableName } from '../../src/model/netfilter.js'
import { defaults, emptyState, tableOf } from '../../src/model/state.js'
import { prepared } from '../../src/sync/prepare.js'

export class MemoryDirector implements DirectorClient {
  /** The recordings' machine has these, with their MTU. */
  readonly interfaces = new Map([
    ['lo', 65536],
    ['d0', 1500],
    ['d1', 9000],
  ])
  #state = emptyState()

  async commands(list: Command[]): Promise<CommandResult[]> {
    const results = prepared(list, (name) => this.interfaces.get(name) ?? null).map((command) =>
      command instanceof Failure ? command : this.#apply(command),
    )
    return results.map((failure) => {
      if (!failure) return { ok: true }
      const { code, message, facts } = failure
      return { ok: false, failure: { code, message, facts } }
    })
  }

  #apply(command: Command): Failure | null {
    const { state, results } = applyAll(this.#state, [command])
    this.#state = state
    return results[0]
  }

  async daemons(): Promise<DaemonsView> {
    return { daemons: this.#state.daemons }
  }

  async services(): Promise<ServicesView> {
    const { services, timeouts } = this.#state
    return { services, counters: [], timeouts, tableSize: defaults.reportedTableSize }
  }

  async table(name: TableName, family: Family): Promise<TableView> {
    return { table: tableOf(this.#state, name, family), rules: [], policies: [] }
  }

  async connections(): Promise<ConnectionsView> {
    return { rows: [], next: -1 }
  }
}
