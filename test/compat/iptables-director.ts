/**
 * A director without a socket and a data path: commands pass its door and change a state, counters are what commands
 * set them to.
 */
import type { CommandResult, TableView } from '../../src/api/routes.js'
import { parseCommands } from '../../src/api/schema.js'
import type { DirectorClient } from '../../src/cli/io.js'
import { applyAll } from '../../src/commands/apply.js'
import type { Command, Counters, Family } from '../../src/commands/command.js'
import { count } from '../../src/daemon/counting.js'
import type { DataPlane, RuleCounters } from '../../src/engine/data-plane.js'
import type { TableName } from '../../src/model/netfilter.js'
import { emptyState, tableOf } from '../../src/model/state.js'

export class NatDirector implements Pick<DirectorClient, 'commands' | 'table'> {
  #state = emptyState()
  readonly #counters = new Map<number, Counters>()
  readonly #plane: Pick<DataPlane, 'setRuleCounters'> = {
    setRuleCounters: async (counters) => {
      for (const { id, ...one } of counters) this.#counters.set(id, one)
    },
  }

  async commands(list: Command[]): Promise<CommandResult[]> {
    const { state, results } = applyAll(this.#state, parseCommands(list))
    this.#state = state
    for (const [i, command] of list.entries()) if (!results[i]) await count(this.#plane as DataPlane, state, command)
    return results.map((failure) => {
      if (!failure) return { ok: true }
      const { code, message, facts } = failure
      return { ok: false, failure: { code, message, facts } }
    })
  }

  async table(name: TableName, family: Family): Promise<TableView> {
    const table = tableOf(this.#state, name, family)
    const counters = (id: number, start: Counters): RuleCounters => ({ id, ...(this.#counters.get(id) ?? start) })
    return {
      table,
      rules: table.chains.flatMap(({ rules }) => rules.map((rule) => counters(rule.id, pick(rule)))),
      policies: table.chains.map(({ id }) => counters(id, { packets: 0, bytes: 0 })),
    }
  }
}

const pick = ({ packets, bytes }: Counters): Counters => ({ packets, bytes })
