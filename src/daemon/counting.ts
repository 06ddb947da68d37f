/** Commands that concern counters: they change no desired state, the data path carries them out. */
import type { Command } from '../commands/command.js'
import type { DataPlane, RuleCounters } from '../engine/data-plane.js'
import type { TableName } from '../model/netfilter.js'
import { serviceKeyText } from '../model/service.js'
import { type State, tableOf } from '../model/state.js'

/** Carries out what of this command is about counters; `state` is what it left. */
export async function count(plane: DataPlane, state: State, command: Command): Promise<void> {
  switch (command.kind) {
    case 'service.zero':
      return plane.zeroService(command.key === null ? null : serviceId(state, serviceKeyText(command.key)))
    case 'chain.zero':
      return plane.setRuleCounters(zeroes(state, command))
    case 'chain.policy': {
      const { counters } = command
      if (counters) await plane.setRuleCounters(chainsOf(state, command).map(({ id }) => ({ id, ...counters })))
      return
    }
    case 'table.batch':
      for (const change of command.changes) await count(plane, state, change)
  }
}

const serviceId = (state: State, key: string): number =>
  state.services.find((service) => serviceKeyText(service) === key)?.id ?? -1

interface Place {
  table: TableName
  family: 4 | 6
  chain: string | null
}

const chainsOf = (state: State, { table, family, chain }: Place) =>
  tableOf(state, table, family).chains.filter(({ name }) => chain === null || name === chain)

function zeroes(state: State, command: Command & { kind: 'chain.zero' }): RuleCounters[] {
  const { at } = command
  const ids = chainsOf(state, command).flatMap(({ id, rules }) =>
    at === null ? [id, ...rules.map((rule) => rule.id)] : rules.slice(at - 1, at).map((rule) => rule.id),
  )
  return ids.map((id) => ({ id, packets: 0, bytes: 0 }))
}
