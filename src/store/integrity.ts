/** What the shapes alone cannot tell of a state: that its parts belong together. */
import { BUILTIN_CHAINS, type RuleTable, type TableName } from '../model/netfilter.js'
import { isPersistenceEngine, isScheduler } from '../model/scheduler.js'
import { destinationKeyText, type Service, serviceKeyText } from '../model/service.js'
import { emptyTable, type State } from '../model/state.js'

/** '' or what is wrong, beginning with where: `.services: tcp 192.0.2.1 80 stands twice`. */
export function integrity(state: State): string {
  return (
    servicesComplaint(state.services) ||
    tableComplaint('nat', state.nat.v4, 4) ||
    tableComplaint('nat', state.nat.v6, 6) ||
    tableComplaint('mangle', state.mangle.v4, 4) ||
    tableComplaint('mangle', state.mangle.v6, 6) ||
    idsComplaint(state)
  )
}

function servicesComplaint(services: readonly Service[]): string {
  const twice = repeated(services.map(serviceKeyText))
  if (twice !== undefined) return `.services: ${twice} stands twice`
  for (const service of services) {
    const { scheduler, persistenceEngine } = service
    if (!isScheduler(scheduler)) return `.services: there is no scheduler ${scheduler}`
    if (!isPersistenceEngine(persistenceEngine)) return `.services: there is no engine ${persistenceEngine}`
    const again = repeated(service.destinations.map(destinationKeyText))
    if (again !== undefined) return `.services: ${serviceKeyText(service)} has ${again} twice`
  }
  return ''
}

function tableComplaint(name: TableName, table: RuleTable, family: 4 | 6): string {
  const where = `.${name}.v${family}`
  if (table.name !== name) return `${where}.name: not ${name}`
  if (table.family !== family) return `${where}.family: not ${family}`
  const names = table.chains.map((chain) => chain.name)
  const twice = repeated(names)
  if (twice !== undefined) return `${where}: chain ${twice} stands twice`
  const builtin = emptyTable(name, family).chains.every(({ id }, i) => table.chains[i]?.id === id)
  const named = BUILTIN_CHAINS[name].every((chain, i) => names[i] === chain && table.chains[i].policy !== null)
  if (!builtin || !named) return `${where}: does not begin with the built-in chains`
  return jumpsComplaint(where, table)
}

function jumpsComplaint(where: string, table: RuleTable): string {
  const jumps = new Map(table.chains.map((chain) => [chain.name, chain.rules.flatMap(jumpOf)]))
  for (const chain of jumps.keys()) {
    const complaint = walk(chain, jumps, [])
    if (complaint !== '') return `${where}: ${complaint}`
  }
  return ''
}

const jumpOf = ({ target }: RuleTable['chains'][number]['rules'][number]): string[] =>
  target.kind === 'JUMP' ? [target.chain] : []

/** Follows every jump; `above` are the chains on the way here. */
function walk(chain: string, jumps: ReadonlyMap<string, string[]>, above: readonly string[]): string {
  if (above.includes(chain)) return `chain ${chain} leads back to itself`
  const targets = jumps.get(chain)
  if (!targets) return `a rule jumps to ${chain}, which is no chain`
  for (const target of new Set(targets)) {
    const complaint = walk(target, jumps, [...above, chain])
    if (complaint !== '') return complaint
  }
  return ''
}

/** Counters and connections hang on ids: one given twice would mix up two things. */
function idsComplaint(state: State): string {
  const chains = [state.nat, state.mangle].flatMap(({ v4, v6 }) => [...v4.chains, ...v6.chains])
  const ids = [
    ...state.services.flatMap((service) => [service.id, ...service.destinations.map(({ id }) => id)]),
    ...chains.flatMap((chain) => [chain.id, ...chain.rules.map(({ id }) => id)]),
  ]
  const twice = repeated(ids)
  if (twice !== undefined) return `: id ${twice} is given twice`
  const late = ids.find((id) => id >= state.nextId)
  return late === undefined ? '' : `.nextId: id ${late} is already given`
}

function repeated<T>(values: readonly T[]): T | undefined {
  const seen = new Set<T>()
  for (const value of values) {
    if (seen.has(value)) return value
    seen.add(value)
  }
  return undefined
}
