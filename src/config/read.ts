/**
 * A configuration file's text to what it states, or to everything that is wrong with it.
 *
 * Reading knows the whole file and nothing else: no host, no director, no clock. What iptables' lines mean it asks of whoever
 * knows (`RuleLines`).
 */
import { checkTable } from '../commands/config.js'
import { checkHealth } from '../commands/health.js'
import { checkDestination, checkOptions, isUnicast } from '../commands/service.js'
import { Failure } from '../failure/failure.js'
import { checkDefaults, type Health } from '../model/check.js'
import type { Desired, DesiredChain, DesiredDestination, DesiredService, DesiredTable } from '../model/desired.js'
import { serviceName } from '../model/name.js'
import type { Policy, RuleSpec, TableName } from '../model/netfilter.js'
import { destinationKeyText, serviceKeyText } from '../model/service.js'
import { defaultSettings, type Settings, settingCalled, settingNames } from '../model/settings.js'
import { emptyTable } from '../model/state.js'
import { type FileForm, file, type NamedValue, type Pool, RULE_LISTS, type RuleList } from './format/file.js'
import type { Placed, ServerForm, ServiceForm } from './format/service.js'
import { nearest } from './nearest.js'
import { type Problem, Problems, type Spot } from './problem.js'
import { settingOf } from './setting.js'
import { poolIn, sourceRule } from './source.js'
import { type Found, spotOf } from './type.js'
import { nodesOf } from './yaml.js'

export interface Reading {
  /** null: something is wrong. */
  desired: Desired | null
  problems: Problem[]
}

export type RuleLine =
  | { kind: 'rule'; chain: string; rules: RuleSpec[] }
  | { kind: 'chain'; chain: string }
  | { kind: 'policy'; chain: string; policy: Policy }

/** What a line of `iptables -S` says; a text: why it says nothing. */
export type ReadRuleLine = (table: TableName, family: 4 | 6, line: string) => RuleLine | string

const TABLES: Readonly<Record<RuleList, { name: TableName; family: 4 | 6 }>> = {
  nat: { name: 'nat', family: 4 },
  nat6: { name: 'nat', family: 6 },
  mangle: { name: 'mangle', family: 4 },
  mangle6: { name: 'mangle', family: 6 },
}

export function readConfig(text: string, ruleLine: ReadRuleLine): Reading {
  const problems = new Problems(text)
  const nodes = nodesOf(text, problems)
  const form = nodes && file.read(nodes, null, problems)
  if (nodes === null && problems.list.length === 0) problems.add(0, null, 'the file is empty', 'services: [...]')
  const desired = form ? new Reader(form, ruleLine, problems).desired() : null
  const found = problems.sorted()
  return { desired: found.length === 0 ? desired : null, problems: found }
}

class Reader {
  readonly #form: Found<FileForm>
  readonly #ruleLine: ReadRuleLine
  readonly #problems: Problems
  /** null: something is wrong with it, and said. */
  readonly #pools: ReadonlyMap<string, Pool | null>

  constructor(form: Found<FileForm>, ruleLine: ReadRuleLine, problems: Problems) {
    this.#form = form
    this.#ruleLine = ruleLine
    this.#problems = problems
    this.#pools = new Map(form.sources.map(({ name, value }) => [name, value ?? null]))
  }

  desired(): Desired {
    const { services, timeouts } = this.#form
    this.#once(services.map(({ service }) => ({ text: serviceKeyText(service.value), spot: service.spot })))
    return {
      services: services.map((form) => this.#service(form)),
      tables: RULE_LISTS.map((list) => this.#table(list)),
      timeouts: { tcp: timeouts.tcp, tcpFin: timeouts.tcpFin, udp: timeouts.udp },
      settings: this.#settings(this.#form.settings),
    }
  }

  /** What stands twice is said at the second place. */
  #once(all: { text: string; spot: Spot }[]): void {
    const first = new Map<string, Spot>()
    for (const { text, spot } of all) {
      const before = first.get(text)
      if (before)
        this.#problems.at(
          spot,
          `${text} stands twice`,
          `once: it stands at line ${this.#problems.lineOf(before.node.at)}`,
        )
      else first.set(text, spot)
    }
  }

  /** A check that throws Failure, said at this place. */
  #tried(spot: Spot, check: () => void): void {
    try {
      check()
    } catch (error) {
      if (!(error instanceof Failure)) throw error
      this.#problems.at(spot, error.message, '')
    }
  }

  #service(form: Found<ServiceForm>): DesiredService {
    const key = form.service.value
    const options = {
      scheduler: form.scheduler,
      schedulerFlags: form.schedulerFlags.reduce((bits, flag) => bits | flag, 0),
      persistence: form.persistence,
      persistenceMask: form.persistenceMask ?? (key.family === 4 ? 32 : 128),
      persistenceEngine: form.persistenceEngine,
      onePacket: form.onePacket,
    }
    this.#tried(form.service.spot, () => checkOptions(key, options))
    if (key.family === 4 && options.persistenceMask > 32)
      this.#problems.at(
        spotOf(form, 'persistenceMask'),
        `an IPv4 address has no ${options.persistenceMask} bits`,
        '1 to 32',
      )
    if (options.onePacket && key.fwmark === 0 && key.protocol !== 'udp')
      this.#problems.at(spotOf(form, 'onePacket'), `one-packet scheduling is for UDP, not ${key.protocol}`, 'false')
    if (key.fwmark === 0 && !isUnicast(key.address))
      this.#problems.at(form.service.spot, `${key.address} is not a unicast address`, 'an address of one host')
    if (key.fwmark === 0 && key.port === 0 && options.persistence === 0)
      this.#problems.at(form.service.spot, 'a service for all ports must be persistent', 'persistence: 300')
    this.#once(form.servers.map(({ server }) => ({ text: destinationKeyText(server.value), spot: server.spot })))
    const health = this.#health(form)
    if (health) {
      this.#tried(form.checks?.spot ?? form.service.spot, () => checkHealth(key, { ...health, fallback: null }))
      this.#tried(spotOf(form, 'fallback'), () => checkHealth(key, { ...health, checks: [] }))
    }
    return { ...key, ...options, health, destinations: form.servers.map((server) => this.#server(form, server)) }
  }

  /** null where nothing is said of it. */
  #health({ checks, onFailure, fallback, slowStart, alerts }: ServiceForm): Health | null {
    const said = [checks, onFailure, fallback, slowStart, alerts].some((one) => one !== null)
    const { health } = checkDefaults
    if (!said) return null
    return {
      checks: checks?.value ?? health.checks,
      onFailure: onFailure ?? health.onFailure,
      fallback: fallback ?? health.fallback,
      slowStartMs: slowStart ?? health.slowStartMs,
      alerts: alerts ?? health.alerts,
    }
  }

  #server(service: ServiceForm, form: Found<ServerForm>): DesiredDestination {
    const { weight, upperThreshold, lowerThreshold, tunnel, checks, admin, honourPersistence } = form
    const key = form.server.value
    const options = { method: form.method ?? service.method, weight, upperThreshold, lowerThreshold, tunnel }
    this.#tried(form.server.spot, () => checkDestination(service.service.value, key, options))
    if (!isUnicast(key.address))
      this.#problems.at(form.server.spot, `${key.address} is not a unicast address`, 'an address of one host')
    const given = admin !== null || honourPersistence !== null
    const maintenance = given ? { admin: admin ?? 'online', honourPersistence: honourPersistence ?? true } : null
    return { ...key, ...options, checks: checks?.value ?? null, maintenance }
  }

  /** Rules that `source` makes come first, in the order of the services; then those that are written. */
  #table(list: RuleList): DesiredTable {
    const { name, family } = TABLES[list]
    const chains = emptyTable(name, family).chains.map(({ name, policy }) => ({
      name,
      policy,
      rules: [] as RuleSpec[],
    }))
    if (name === 'nat') chains.find((chain) => chain.name === 'POSTROUTING')!.rules.push(...this.#sourceRules(family))
    const read = this.#form.rules[list].map((line) => ({ line, found: this.#ruleLine(name, family, line.value) }))
    for (const { line, found } of read) {
      if (typeof found === 'string') this.#problems.at(line.spot, `iptables does not take this line: ${found}`, '')
      else if (found.kind === 'chain') {
        if (chains.some((chain) => chain.name === found.chain))
          this.#problems.at(line.spot, `chain ${found.chain} is there already`, '')
        else chains.push({ name: found.chain, policy: null, rules: [] })
      }
    }
    for (const { line, found } of read) {
      if (typeof found === 'string' || found.kind === 'chain') continue
      const chain = chains.find((one) => one.name === found.chain)
      if (!chain)
        this.#unknownChain(
          line,
          found.chain,
          chains.map((one) => one.name),
        )
      else if (found.kind === 'rule') this.#append(line, chain, found.rules, chains)
      else if (chain.policy === null)
        this.#problems.at(line.spot, `${found.chain} is a chain of your own and has no policy`, '')
      else chain.policy = found.policy
    }
    const [first] = this.#form.rules[list]
    if (first && this.#problems.list.length === 0) this.#tried(first.spot, () => checkTable({ name, family, chains }))
    return { name, family, chains }
  }

  #append(line: Placed<string>, { rules }: DesiredChain, more: RuleSpec[], chains: readonly DesiredChain[]): void {
    const names = chains.map(({ name }) => name)
    for (const { target } of more)
      if (target.kind === 'JUMP' && !names.includes(target.chain)) this.#unknownChain(line, target.chain, names)
    rules.push(...more)
  }

  #unknownChain({ spot }: Placed<string>, chain: string, known: string[]): void {
    const near = nearest(chain, known)
    this.#problems.at(
      spot,
      `there is no chain ${chain}`,
      `${near ? `did you mean ${near}? ` : ''}a line '-N ${chain}' makes it`,
    )
  }

  #sourceRules(family: 4 | 6): RuleSpec[] {
    return this.#form.services.flatMap(({ service, source, method, servers }) => {
      if (source === null || service.value.family !== family) return []
      const named = this.#pools.get(source.value)
      if (named === null) return []
      const pool = named ?? poolIn(source.value)
      if (pool === null) return this.#noPool(source)
      const methods = [method, ...servers.map((server) => server.method ?? method)]
      if (!methods.includes('masq'))
        this.#problems.at(
          source.spot,
          `${serviceName(service.value)} has no server by masq, whose source could be translated`,
          'method: masq',
        )
      if (pool.ports !== null && service.value.fwmark > 0)
        this.#problems.at(source.spot, 'a mark may be on any protocol, and ports are of one', 'a pool without ports')
      const of = pool.addresses === null ? family : pool.addresses.from.includes(':') ? 6 : 4
      if (of !== family)
        this.#problems.at(
          source.spot,
          `${source.value} is of IPv${of}, the service of IPv${family}`,
          `addresses of IPv${family}`,
        )
      return [sourceRule(service.value, pool)]
    })
  }

  #noPool({ value, spot }: Placed<string>): [] {
    const names = [...this.#pools.keys()]
    const near = nearest(value, [...names, 'masquerade'])
    const known = names.length > 0 ? `a pool of sources (${names.join(', ')}), ` : ''
    this.#problems.at(
      spot,
      `'${value}' is no source`,
      `${near ? `did you mean ${near}? ` : ''}it takes ${known}an address, a range of addresses, or masquerade`,
    )
    return []
  }

  #settings(given: readonly NamedValue<Placed<string>>[]): Settings {
    const settings: Settings = { ...defaultSettings }
    for (const { name, value } of given) {
      if (value === undefined) continue
      const setting = settingCalled(name)
      if (setting === null) {
        const near = nearest(name, settingNames)
        this.#problems.at(
          value.spot,
          `there is no setting ${name}`,
          near ? `did you mean ${near}?` : '`fullnat settings` shows them all',
        )
      } else this.#tried(value.spot, () => Object.assign(settings, settingOf(setting, value.value)))
    }
    return settings
  }
}
