/** The whole of a configuration file. */
import type { AddressSpan, PortSpan } from '../../model/netfilter.js'
import { type SettingName, settingNames, settingSpecs } from '../../model/settings.js'
import { defaults, type Timeouts } from '../../model/state.js'
import type { Node } from '../node.js'
import {
  either,
  type Found,
  list,
  located,
  mapped,
  optional,
  record,
  required,
  type Type,
  text,
  whole,
  wrong,
} from '../type.js'
import { addressSpan, seconds, span } from '../value.js'
import { type Placed, type ServiceForm, service } from './service.js'

export interface Pool {
  /** null: the address of the interface that packets leave by. */
  addresses: AddressSpan | null
  /** null: as the client's, else from 1024 on. */
  ports: PortSpan | null
}

export const RULE_LISTS = ['nat', 'nat6', 'mangle', 'mangle6'] as const
export type RuleList = (typeof RULE_LISTS)[number]
export type RuleLines = Record<RuleList, Placed<string>[]>

export interface NamedValue<T> {
  name: string
  /** undefined: something is wrong with it, and said. */
  value: T | undefined
  at: number
}

export interface FileForm {
  version: number
  sources: NamedValue<Pool>[]
  services: Found<ServiceForm>[]
  rules: RuleLines
  timeouts: Timeouts
  settings: NamedValue<Placed<string>>[]
}

const INT_MAX = 0x7fffffff

/** A map of names to values of one kind. */
const named = <T>(noun: string, item: Type<T>): Type<NamedValue<T>[]> => {
  const type: Type<NamedValue<T>[]> = {
    right: noun,
    schema: { type: 'object', additionalProperties: item.schema },
    read: (node, path, to) => {
      if (isEmpty(node)) return []
      if (node.kind !== 'map') return wrong(type, node, path, to)
      const seen = new Map<string, number>()
      return node.entries.map(({ key, at, value }) => {
        const first = seen.get(key)
        const here = { up: path, step: key }
        if (first !== undefined) to.add(at, here, `${key} stands twice`, `once: it stands at line ${to.lineOf(first)}`)
        seen.set(key, at)
        return { name: key, value: item.read(value, here, to), at }
      })
    },
  }
  return type
}

const isEmpty = (node: Node): boolean => node.kind === 'scalar' && node.value === null && node.text === ''

const poolMap = mapped(
  record<Pool>('a source pool', {
    addresses: required(addressSpan, 'What servers see instead of the client'),
    ports: optional(span('a port', 1, 65535, '20000-60000'), null, 'Ports that may be used'),
  }),
  ({ addresses, ports }): Pool => ({ addresses, ports }),
)
const pool = either(
  mapped(addressSpan, (addresses): Pool => ({ addresses, ports: null })),
  poolMap,
)

const ruleLine = text(
  "a line as `iptables -S` prints it, such as '-A POSTROUTING -m ipvs --vaddr 192.0.2.45/32 -j SNAT --to-source 192.0.2.10'",
  { pattern: '^-[ANP] ', examples: ['-A POSTROUTING -m ipvs --ipvs -j MASQUERADE'] },
  (value) => value,
)
const lines = list(located(ruleLine), 'lines as `iptables -S` prints them')
const rules = record<RuleLines>('rules', {
  nat: optional(lines, [], 'iptables -t nat'),
  nat6: optional(lines, [], 'ip6tables -t nat'),
  mangle: optional(lines, [], 'iptables -t mangle'),
  mangle6: optional(lines, [], 'ip6tables -t mangle'),
})

const timeout = (of: string, value: number) => optional(seconds(1, INT_MAX), value, `Of ${of} that say nothing`)
const { tcp, tcpFin, udp } = defaults.timeouts
const timeouts = record<Timeouts>('timeouts', {
  tcp: timeout('established TCP connections', tcp),
  tcpFin: timeout('TCP connections after a FIN', tcpFin),
  udp: timeout('UDP clients', udp),
})

const settingValue = located(text('a whole number', {}, (value) => value))
const settingSchema = (name: SettingName) => {
  const { from, to, fixed } = settingSpecs[name]
  const value = defaults.settings[name]
  const description = fixed === '' ? `net.ipv4.vs.${name}` : `net.ipv4.vs.${name}: ${fixed}`
  if (typeof value !== 'number') return { type: 'string', default: value.join(' '), description }
  return { type: 'integer', minimum: from, maximum: to, default: value, description }
}
const settings: Type<NamedValue<Placed<string>>[]> = {
  ...named("a map of the kernel's names, such as expire_nodest_conn: 1", settingValue),
  schema: {
    type: 'object',
    properties: Object.fromEntries(settingNames.map((name) => [name, settingSchema(name)])),
  },
}

const NO_RULES: RuleLines = { nat: [], nat6: [], mangle: [], mangle6: [] }

export const file = record<FileForm>('a configuration', {
  version: optional(whole(1, 1), 1, 'Of this format'),
  sources: optional(named('a map of names to source pools', pool), [], 'Source pools by name'),
  services: optional(list(service, 'services'), [], 'Virtual services'),
  rules: optional(rules, NO_RULES, 'Rules of the nat and mangle tables, behind those that `source` makes'),
  timeouts: optional(timeouts, defaults.timeouts, 'Of connections'),
  settings: optional(settings, [], "net.ipv4.vs by the kernel's names"),
})
