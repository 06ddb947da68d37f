/** A director of state alone: commands are applied for real, no packet was ever seen, so every counter is zero. */
import type { CommandResult, ConnectionsView, ServicesView, TableView } from '../../src/api/routes.js'
import type { DirectorClient } from '../../src/cli/io.js'
import { applyAll } from '../../src/commands/apply.js'
import type { Command, Family } from '../../src/commands/command.js'
import type { TableName } from '../../src/model/netfilter.js'
import { defaults, emptyState, tableOf } from '../../src/model/state.js'

export class MemoryDirector implements DirectorClient {
  #state = emptyState()

  async commands(list: Command[]): Promise<CommandResult[]> {
    const { state, results } = applyAll(this.#state, list)
    this.#state = state
    return results.map((failure) => {
      if (!failure) return { ok: true }
      const { code, message, facts } = failure
      return { ok: false, failure: { code, message, facts } }
    })
  }

  async services(): Promise<ServicesView> {
    const { services, timeouts } = this.#state
    return { services, counters: [], timeouts, tableSize: defaults.reportedTableSize }
  }

  async table(name: TableName, family: Family): Promise<TableView> {
    return { table: tableOf(this.#state, name, family), rules: [], policies: [] }
  }

  async connections(): Promise<ConnectionsView> {
    return { connections: [] }
  }
}
