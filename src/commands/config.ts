/**
 * A configuration takes the place of all that is desired, in one revision.
 *
 * What it states as it was keeps its id, so its counters and connections; what it does not govern (daemons of
 * synchronisation, alerts) stays. It is checked whole before anything is changed.
 */
import { Failure } from '../failure/failure.js'
import { inService } from '../model/check.js'
import type { Desired, DesiredChain, DesiredDestination, DesiredService, DesiredTable } from '../model/desired.js'
import type { Chain, Rule, RuleSpec, RuleTable } from '../model/netfilter.js'
import { type Destination, destinationKeyText, type Service, serviceKeyText } from '../model/service.js'
import { settingNames, settingText } from '../model/settings.js'
import { emptyState, emptyTable } from '../model/state.js'
import { Draft } from './draft.js'
import { isEqual } from './equal.js'
import { checkCheck, checkHealth } from './health.js'
import { checkDestination, checkOptions, isUnicast } from './service.js'
import { applySettings } from './settings.js'
import { TableDraft } from './table/draft.js'
import { isSameRule } from './table/same-rule.js'
import { applyTable } from './table.js'

/** Whether anything changed. Failure of the first thing that cannot be, and nothing is changed. */
export function applyConfig(draft: Draft, desired: Desired): boolean {
  const { timeouts, settings } = desired
  const before = draft.currentServices()
  const services = servicesOf(draft, before, desired.services)
  const tables = desired.tables.map((table) => tableOf(draft, table))
  checkSettings(draft, desired)
  const others = { timeouts, settings }
  const sameServices = services.length === before.length && services.every((service, i) => service === before[i])
  const { timeouts: t, settings: s } = draft.state
  if (sameServices && tables.every((one) => one === null) && isEqual(others, { timeouts: t, settings: s })) return false
  if (!sameServices) {
    draft.clearServices()
    for (const service of services) draft.putService(service)
  }
  for (const table of tables) if (table) draft.putTable(table)
  Object.assign(draft.state, others)
  return true
}

/** In the order of the configuration; the very same object where nothing changed. */
function servicesOf(draft: Draft, before: readonly Service[], wanted: readonly DesiredService[]): Service[] {
  const known = new Map(before.map((service) => [serviceKeyText(service), service]))
  const seen = new Set<string>()
  return wanted.map((service) => {
    const text = serviceKeyText(service)
    if (seen.has(text)) throw new Failure('service-exists', `service ${text} stands twice`)
    seen.add(text)
    return serviceOf(draft, known.get(text), service)
  })
}

function serviceOf(draft: Draft, before: Service | undefined, wanted: DesiredService): Service {
  checkOptions(wanted, wanted)
  if (wanted.health) checkHealth(wanted, wanted.health)
  const known = new Map(before?.destinations.map((one) => [destinationKeyText(one), one]))
  const seen = new Set<string>()
  const id = before?.id ?? draft.takeId()
  const destinations = wanted.destinations.map((destination) => {
    const text = destinationKeyText(destination)
    if (seen.has(text)) throw new Failure('destination-exists', `${serviceKeyText(wanted)} has ${text} twice`)
    seen.add(text)
    return destinationOf(draft, wanted, known.get(text), destination)
  })
  const next: Service = { ...wanted, id, destinations }
  return before && isEqual(before, next) ? before : next
}

function destinationOf(
  draft: Draft,
  service: DesiredService,
  before: Destination | undefined,
  wanted: DesiredDestination,
): Destination {
  checkDestination(service, wanted, wanted)
  if (!isUnicast(wanted.address)) throw new Failure('address-not-unicast', `${wanted.address} is not a unicast address`)
  wanted.checks?.forEach(checkCheck)
  const { maintenance, ...options } = wanted
  const { admin, honourPersistence } = maintenance ?? before ?? inService
  return { id: before?.id ?? draft.takeId(), ...options, admin, honourPersistence }
}

/** null: as it is. */
function tableOf(draft: Draft, { name, family, chains }: DesiredTable): TableDraft | null {
  const before = draft.table(name, family).table()
  if (isSameTable(before, chains)) return null
  checkTable({ name, family, chains })
  const takeId = () => draft.takeId()
  const known = new Map(before.chains.map((chain) => [chain.name, chain]))
  const next = chains.map((chain) => chainOf(takeId, known.get(chain.name), chain))
  return new TableDraft({ name, family, chains: next }, takeId)
}

const isSameTable = ({ chains }: RuleTable, wanted: readonly DesiredChain[]): boolean =>
  chains.length === wanted.length &&
  chains.every(({ name, policy, rules }, i) => {
    const other = wanted[i]
    const same = name === other.name && policy === other.policy && rules.length === other.rules.length
    return same && rules.every((rule, at) => isSameRule(rule, other.rules[at]))
  })

/** As iptables would make it, chain by chain and rule by rule, in an empty table. */
export function checkTable({ name, family, chains }: DesiredTable): void {
  const scratch = new Draft(emptyState())
  const where = { table: name, family }
  const builtin = emptyTable(name, family).chains.map((chain) => chain.name)
  if (!builtin.every((chain, i) => chains[i]?.name === chain && chains[i].policy !== null))
    throw new Failure('bad-request', `${name} does not begin with its built-in chains`)
  for (const { name: chain, policy } of chains) {
    if (policy === null) applyTable(scratch, { kind: 'chain.new', ...where, chain })
    else applyTable(scratch, { kind: 'chain.policy', ...where, chain, policy, counters: null })
  }
  for (const { name: chain, rules } of chains)
    for (const rule of rules) applyTable(scratch, { kind: 'rule.append', ...where, chain, rule, packets: 0, bytes: 0 })
}

/** Rules that were in the chain go on counting, wherever in it they stand now. */
function chainOf(takeId: () => number, before: Chain | undefined, { name, policy, rules }: DesiredChain): Chain {
  const left = new Map<string, Rule[]>()
  for (const rule of before?.rules ?? []) {
    const text = conditionsOf(rule)
    left.set(text, [...(left.get(text) ?? []), rule])
  }
  const made = rules.map((rule) => left.get(conditionsOf(rule))?.shift() ?? { ...rule, id: takeId(), ...NOT_COUNTED })
  return { id: before?.id ?? takeId(), name, policy, rules: made }
}

const NOT_COUNTED = { packets: 0, bytes: 0 }

const conditionsOf = (rule: RuleSpec): string => {
  const { protocol, source, destination, inInterface, outInterface, fragment, matches, target } = rule
  return JSON.stringify([protocol, source, destination, inInterface, outInterface, fragment, matches, target])
}

function checkSettings(draft: Draft, { settings }: Desired): void {
  const texts = settingNames.map((name) => [name, settingText(settings[name])])
  applySettings(new Draft({ ...draft.state }), Object.fromEntries(texts))
}
