/**
 * What a configuration would change, and what that means for clients: connections it touches, services that nobody could
 * reach, source ports that do not suffice.
 *
 * Compares two statements of what is desired, with what is carried now. It changes nothing and asks nobody.
 */

import { parse } from '../address/words.js'
import type { Desired, DesiredChain, DesiredDestination, DesiredService, DesiredTable } from '../model/desired.js'
import { endpointName, serviceName } from '../model/name.js'
import type { Policy, RuleSpec, SnatTarget } from '../model/netfilter.js'
import { type SettingName, settingNames, settingText } from '../model/settings.js'

/** `+` comes, `-` goes, `~` is another. */
export interface Change {
  sign: '+' | '-' | '~'
  text: string
}

export interface Plan {
  changes: Change[]
  /** Connections of servers that go. */
  connectionsEnded: number
  /** What an administrator should know before it is applied, one line each. */
  warnings: string[]
}

/** Connections now, by `liveKey`. */
export type Live = ReadonlyMap<string, number>

export const liveKey = (service: string, server: string): string => `${service} ${server}`

/** How a rule is written. */
export type RuleText = (family: 4 | 6, chain: string, rule: RuleSpec) => string

export function planOf(before: Desired, after: Desired, live: Live, ruleText: RuleText): Plan {
  const gone: string[] = []
  const changes = [
    ...serviceChanges(before.services, after.services, gone),
    ...after.tables.flatMap((table, i) => tableChanges(before.tables[i], table, ruleText)),
    ...timeoutChanges(before, after),
    ...settingChanges(before, after),
  ]
  const targets = targetsOf(after)
  const ended = gone.map((key) => live.get(key) ?? 0)
  return {
    changes,
    connectionsEnded: ended.reduce((sum, count) => sum + count, 0),
    warnings: [...after.services.flatMap(unreachable), ...after.services.flatMap((one) => portsOf(one, targets, live))],
  }
}

const byName = (services: readonly DesiredService[]) => new Map(services.map((one) => [serviceName(one), one]))
const byEnd = (servers: readonly DesiredDestination[]) => new Map(servers.map((one) => [endpointName(one), one]))

function serviceChanges(before: readonly DesiredService[], after: readonly DesiredService[], gone: string[]): Change[] {
  const [old, now] = [byName(before), byName(after)]
  const removed = [...old].filter(([name]) => !now.has(name))
  for (const [name, { destinations }] of removed)
    gone.push(...destinations.map((one) => liveKey(name, endpointName(one))))
  return [
    ...removed.map(([name, { destinations }]) =>
      change('-', `service ${name} with ${count(destinations.length, 'server')}`),
    ),
    ...[...now].flatMap(([name, service]) => {
      const was = old.get(name)
      if (was) return oneService(name, was, service, gone)
      const servers = service.destinations.map((one) => change('+', `  server ${serverText(one)}`))
      return [change('+', `service ${name} ${service.scheduler}`), ...servers]
    }),
  ]
}

function oneService(name: string, was: DesiredService, now: DesiredService, gone: string[]): Change[] {
  const [old, servers] = [byEnd(was.destinations), byEnd(now.destinations)]
  const options = differences(without(was, 'destinations'), without(now, 'destinations'))
  const removed = [...old.keys()].filter((end) => !servers.has(end))
  gone.push(...removed.map((end) => liveKey(name, end)))
  const inside = [
    ...removed.map((end) => change('-', `  server ${end}`)),
    ...[...servers].flatMap(([end, server]) => {
      const before = old.get(end)
      if (!before) return [change('+', `  server ${serverText(server)}`)]
      const found = differences(shown(before, server), shown(server, server))
      return found.length === 0 ? [] : [change('~', `  server ${end}: ${found.join(', ')}`)]
    }),
  ]
  if (options.length === 0 && inside.length === 0) return []
  return [change('~', `service ${name}${options.length === 0 ? '' : `: ${options.join(', ')}`}`), ...inside]
}

/** Maintenance that the file says nothing of stays as it is. */
const shown = (one: DesiredDestination, wanted: DesiredDestination): object =>
  wanted.maintenance === null ? without(one, 'maintenance') : one

const serverText = (one: DesiredDestination): string => `${endpointName(one)} ${one.method} weight ${one.weight}`

function without<T extends object>(whole: T, name: keyof T): Partial<T> {
  const { [name]: _, ...rest } = whole
  return rest as Partial<T>
}

/** `weight 1 -> 5` of every field that is another. */
function differences(before: object, after: object): string[] {
  const [old, now] = [before, after] as Record<string, unknown>[]
  return Object.keys(now)
    .filter((name) => JSON.stringify(old[name]) !== JSON.stringify(now[name]))
    .map((name) => `${name} ${valueText(old[name])} -> ${valueText(now[name])}`)
}

const SECRET = /"(password|secret|token)":"(?:[^"\\]|\\.)*"/g
const valueText = (value: unknown): string =>
  typeof value === 'object'
    ? (JSON.stringify(value)?.replace(SECRET, '"$1":"..."') ?? 'nothing')
    : `${value === '' ? "''" : value}`

/** Rules as a set: one that only stands elsewhere is said to move. Only what differs is written out: tables are large. */
function tableChanges(before: DesiredTable | undefined, after: DesiredTable, ruleText: RuleText): Change[] {
  const program = `${after.family === 4 ? 'iptables' : 'ip6tables'} -t ${after.name}`
  const [old, now] = [partsOf(before?.chains ?? []), partsOf(after.chains)]
  const [goes, comes] = [less(old, now), less(now, old)]
  const moved = goes.length + comes.length === 0 && old.some(({ key }, i) => key !== now[i].key)
  const text = ({ chain, policy, rule }: Part): string => {
    if (rule) return `${program} ${ruleText(after.family, chain, rule)}`
    return policy === null ? `${program} -N ${chain}` : `${program} -P ${chain} ${policy}`
  }
  return [
    ...goes.map((part) => change('-', text(part))),
    ...comes.map((part) => change('+', text(part))),
    ...(moved ? [change('~', `${program}: the same rules in another order`)] : []),
  ]
}

/** Its fields in one order, whoever made it. */
const inOrder = (rule: RuleSpec): unknown => {
  const { protocol, source, destination, inInterface, outInterface, fragment, matches, target } = rule
  return [protocol, source, destination, inInterface, outInterface, fragment, matches.map(entries), entries(target)]
}
const entries = (whole: object): unknown => Object.entries(whole).sort(([a], [b]) => (a < b ? -1 : 1))

/** A chain with its policy, or a rule in it. */
interface Part {
  key: string
  chain: string
  policy: Policy | null
  rule: RuleSpec | null
}

const partsOf = (chains: readonly DesiredChain[]): Part[] =>
  chains.flatMap(({ name: chain, policy, rules }) => [
    { key: `${chain} ${policy}`, chain, policy, rule: null },
    ...rules.map((rule) => ({ key: `${chain} ${JSON.stringify(inOrder(rule))}`, chain, policy, rule })),
  ])

/** What of `a` is not in `b`, each as often as it is. */
function less(a: readonly Part[], b: readonly Part[]): Part[] {
  const left = new Map<string, number>()
  for (const { key } of b) left.set(key, (left.get(key) ?? 0) + 1)
  return a.filter(({ key }) => {
    const found = left.get(key) ?? 0
    left.set(key, found - 1)
    return found <= 0
  })
}

const timeoutChanges = ({ timeouts: before }: Desired, { timeouts: after }: Desired): Change[] =>
  differences(before, after).map((text) => change('~', `timeout ${text}`))

const settingChanges = ({ settings: before }: Desired, { settings: after }: Desired): Change[] =>
  settingNames
    .filter((name: SettingName) => settingText(before[name]) !== settingText(after[name]))
    .map((name) => change('~', `${name} ${settingText(before[name])} -> ${settingText(after[name])}`))

function unreachable(service: DesiredService): string[] {
  const takes = service.destinations.some(
    ({ weight, maintenance }) => weight > 0 && (maintenance?.admin ?? 'online') === 'online',
  )
  if (takes || service.health?.fallback) return []
  const why = service.destinations.length === 0 ? 'has no server' : 'has no server that takes connections'
  return [`${serviceName(service)} ${why}: clients are refused`]
}

/** Ports above 1023, which netfilter gives clients whose own are. */
const CLIENT_PORTS = 64_512
/** Of a pool in use at which more should be had. */
const TIGHT = 0.8

/** SNAT targets of rules that stand for one service alone, by its address and port. */
function targetsOf({ tables }: Desired): Map<string, SnatTarget> {
  const chains = tables.filter(({ name }) => name === 'nat').flatMap((table) => table.chains)
  const rules = chains.filter(({ name }) => name === 'POSTROUTING').flatMap((chain) => chain.rules)
  const found = new Map<string, SnatTarget>()
  for (const { matches, target } of rules) {
    if (target.kind !== 'SNAT' || target.addresses === null) continue
    for (const match of matches) {
      if (match.kind !== 'ipvs' || !match.address) continue
      const key = `${match.address.value.address} ${match.port?.value ?? 0}`
      if (!found.has(key)) found.set(key, target)
    }
  }
  return found
}

function portsOf(service: DesiredService, targets: ReadonlyMap<string, SnatTarget>, live: Live): string[] {
  const target = targets.get(`${service.address} ${service.port}`) ?? targets.get(`${service.address} 0`)
  if (!target) return []
  const ports = addressesIn(target) * (target.ports ? target.ports.to - target.ports.from + 1 : CLIENT_PORTS)
  const name = serviceName(service)
  return service.destinations.flatMap((one) => {
    const now = live.get(liveKey(name, endpointName(one))) ?? 0
    if (now < TIGHT * ports) return []
    return [
      `${name}: ${endpointName(one)} has ${now} connections, its source pool ${ports} ports for it: add an address or ports`,
    ]
  })
}

function addressesIn({ addresses }: SnatTarget): number {
  const [from, to] = [parse(addresses!.from)!, parse(addresses!.to)!]
  return (to[3] >>> 0) - (from[3] >>> 0) + 1
}

const change = (sign: Change['sign'], text: string): Change => ({ sign, text })
const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? '' : 's'}`

/** For people; '' changes nothing. */
export function planText({ changes, connectionsEnded, warnings }: Plan): string {
  const lines = changes.map(({ sign, text }) => `${sign} ${text}`)
  const ends = connectionsEnded > 0 ? [`${count(connectionsEnded, 'connection')} of servers that go will end`] : []
  return [...lines, ...ends, ...warnings.map((warning) => `warning: ${warning}`)].map((line) => `${line}\n`).join('')
}
