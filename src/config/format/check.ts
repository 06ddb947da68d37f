/** Health checks in a configuration: a word for one with its defaults, or a map. Names are the model's (model/check.ts). */
import {
  type Check,
  checkDefaults,
  checkOf,
  DNS_TYPES,
  type ProbeKind,
  type ProbeOf,
  type StatusSpan,
  type Timing,
} from '../../model/check.js'
import { type Node, type Path, shown } from '../node.js'
import type { Problems } from '../problem.js'
import {
  either,
  type Field,
  list,
  mapped,
  oneOf,
  optional,
  record,
  required,
  type Type,
  text,
  truth,
  whole,
} from '../type.js'
import { duration, span } from '../value.js'

const TEXT_MAX = 4096
const LINE_MAX = 255
const DAY_MS = 86_400_000

const fits = (value: string, most: number): boolean => value.length <= most
const line = text(`one line of up to ${LINE_MAX} characters`, {}, (value) =>
  fits(value, LINE_MAX) && !/[\r\n\0]/.test(value) ? value : undefined,
)
const anyText = text(`a text of up to ${TEXT_MAX} characters`, {}, (value) =>
  fits(value, TEXT_MAX) ? value : undefined,
)
const bytes = text('a text of characters up to \\xff, each of which stands for a byte', {}, (value) =>
  fits(value, TEXT_MAX) && !/[^\0-\xff]/.test(value) ? value : undefined,
)
const pattern = text('a regular expression such as ^OK', { format: 'regex' }, (value) =>
  fits(value, TEXT_MAX) && !/[^\0-\xff]/.test(value) && isPattern(value) ? value : undefined,
)
const path = text('a path such as /health', { pattern: '^(/[!-~]*|\\*)$' }, (value) =>
  fits(value, TEXT_MAX) && /^(\/[!-~]*|\*)$/.test(value) ? value : undefined,
)
const program = text('the path of a program from the root, such as /usr/local/bin/check', { pattern: '^/' }, (value) =>
  fits(value, TEXT_MAX) && value.startsWith('/') ? value : undefined,
)

function isPattern(source: string): boolean {
  try {
    new RegExp(source)
    return true
  } catch {
    return false
  }
}

const oneStatus: Type<StatusSpan> = span('a status', 100, 699, '200-299')
const statuses: Type<StatusSpan[]> = either(
  mapped(oneStatus, (one) => [one]),
  list(oneStatus, 'statuses', 1),
)
const transport = oneOf('transport', 'udp', 'tcp')

type Parameters<K extends ProbeKind> = Omit<ProbeOf<K>, 'kind'>
type Types<T> = { [F in keyof T]-?: [Type<T[F]>, string] }

const request: Types<Parameters<'http'>> = {
  path: [path, 'What is asked for'],
  host: [line, "The Host header; '': the server's address"],
  method: [oneOf('method', 'GET', 'HEAD', 'POST', 'OPTIONS'), 'The method'],
  statuses: [statuses, 'Statuses that are well'],
  body: [pattern, 'A regular expression that the body must match'],
}
const user: [Type<string>, string] = [line, "The user; '': nobody logs in"]
const password: [Type<string>, string] = [line, 'The password']
const login = { user, password }
const send: [Type<string>, string] = [bytes, 'What is sent']
const expect: [Type<string>, string] = [pattern, 'A regular expression that the answer must match']
const sql: Types<Parameters<'mysql'>> = {
  ...login,
  database: [line, 'The database'],
  query: [anyText, 'A query that must be answered'],
}

/** Fields of each kind beside those of every check; one that the model has and this table lacks does not compile. */
const PARAMETERS: { [K in ProbeKind]: Types<Parameters<K>> } = {
  tcp: { send, expect },
  http: request,
  https: {
    ...request,
    serverName: [line, "For SNI and the certificate's name; '': `host`"],
    verify: [truth, 'Whether the certificate must be trusted'],
    authority: [anyText, 'A file of certificates (PEM) that are trusted'],
    daysLeft: [whole(0, 3650), 'So many days the certificate must still be good'],
  },
  icmp: {},
  udp: { send, expect },
  dns: {
    name: [line, 'The name that is asked for'],
    type: [oneOf('type', ...DNS_TYPES), 'The type that is asked for'],
    transport: [transport, 'By UDP or TCP'],
    answer: [line, 'What must be among the answers'],
  },
  smtp: { hello: [line, 'The name given with EHLO'] },
  imap: login,
  pop3: login,
  ftp: login,
  nntp: login,
  ldap: { ...login, base: [line, 'An entry that must be there'] },
  mysql: sql,
  postgresql: sql,
  redis: { ...login, role: [oneOf('role', 'any', 'master', 'replica'), 'What the server must be'] },
  sip: {
    transport: [transport, 'By UDP or TCP'],
    user: [line, 'The user part of the address that OPTIONS is sent for'],
    statuses: [statuses, 'Statuses that are well'],
  },
  radius: { ...login, secret: [line, 'The shared secret'] },
  external: {
    command: [program, 'A program on the director; exit status 0 is well'],
    arguments: [list(anyText, 'texts'), 'Its arguments, before address and port of service and server'],
  },
  agent: { send },
  passive: {
    failures: [whole(1, 1_000_000), 'Failed connections within an interval that count as a bad answer'],
    percent: [whole(1, 100), 'Percent of the connections that must have failed'],
  },
}

type Json = Record<string, unknown>

/** Durations stand here by another name. */
const RENAMED = { interval: 'intervalMs', timeout: 'timeoutMs' } as const

const timing: Record<string, Field<unknown>> = {
  interval: optional(duration(100, DAY_MS), null, 'From one check to the next'),
  timeout: optional(duration(10, DAY_MS), null, 'From the first packet to the verdict'),
  rise: optional(whole(1, 100), null, 'So many good answers in a row bring a server back'),
  fall: optional(whole(1, 100), null, 'So many bad answers in a row take it out'),
  jitter: optional(whole(0, 90), null, 'Percent of the interval by which checks come earlier or later'),
  port: optional(whole(0, 65535), null, "Where it is asked; 0: the server's own port"),
}

export const kinds = Object.keys(PARAMETERS) as ProbeKind[]
const kindName = oneOf('kind of check', ...kinds)

const mapOf = (kind: ProbeKind): Type<Check> => {
  const own = Object.entries(PARAMETERS[kind] as Record<string, [Type<unknown>, string]>)
  const fields = own.map(([name, [type, description]]) => [name, optional(type, null, description)])
  const type = record<Json>(`a check of kind ${kind}`, {
    kind: required({ ...kindName, schema: { const: kind } } as Type<unknown>, 'What is asked'),
    ...timing,
    ...Object.fromEntries(fields),
  })
  const defaults: Json = { ...checkDefaults.timing, ...checkDefaults.probes[kind] }
  return mapped({ ...type, schema: withDefaults(type.schema, defaults) }, (found) => checkFrom(kind, found))
}

/** What was left out has the model's default. */
function checkFrom(kind: ProbeKind, { spot, kind: _, ...found }: Json): Check {
  const given = Object.entries(found).filter(([, value]) => value !== null)
  const changes = given.map(([name, value]) => [RENAMED[name as keyof typeof RENAMED] ?? name, value])
  return checkOf(kind, Object.fromEntries(changes) as Partial<Timing>)
}

function withDefaults(schema: Json, defaults: Json): Json {
  const properties = Object.entries(schema.properties as Record<string, Json>).map(([name, one]) => {
    const value = defaults[name]
    return [name, ['string', 'number', 'boolean'].includes(typeof value) ? { ...one, default: value } : one]
  })
  return { ...schema, properties: Object.fromEntries(properties) }
}

const MAPS = new Map(kinds.map((kind) => [kind, mapOf(kind)]))

const byKind: Type<Check> = {
  right: 'a kind of check such as tcp, or a map with kind and more, such as {kind: http, path: /health}',
  schema: { anyOf: [...MAPS.values()].map(({ schema }) => schema) },
  read: (node, at, to) => {
    const kind = kindOf(node, at, to)
    return kind === undefined ? undefined : MAPS.get(kind)!.read(node, at, to)
  },
}

function kindOf(node: Node, at: Path | null, to: Problems): ProbeKind | undefined {
  const entry = node.kind === 'map' ? node.entries.find(({ key }) => key === 'kind') : undefined
  if (entry) return kindName.read(entry.value, { up: at, step: 'kind' }, to)
  to.add(node.at, at, node.kind === 'map' ? "a check lacks 'kind'" : `${shown(node)} is no check`, byKind.right)
  return undefined
}

const CHECKS_MAX = 64

export const check: Type<Check> = either(
  mapped(kindName, (kind) => checkOf(kind)),
  byKind,
)

/** As JSON schema names it, since it stands in two places. */
export const CHECK_DEFINITION = check.schema
const named: Type<Check> = { ...check, schema: { $ref: '#/definitions/check' } }

export const checks: Type<Check[]> = {
  ...list(named, `up to ${CHECKS_MAX} checks`),
  schema: { type: 'array', items: named.schema, maxItems: CHECKS_MAX },
}
