/** Policy routing rules of this network namespace, both families alike (linux/fib_rules.h, net/core/fib_rules.c). */
import { type Family, familyOf, type Words } from '../address/words.js'
import { Failure } from '../failure/failure.js'
import {
  addressBytes,
  attribute,
  attributes,
  domain,
  join,
  type Message,
  NLM_F_ACK,
  NLM_F_CREATE,
  NLM_F_DUMP,
  numberOf,
  OWNER,
  query,
  request,
  stringOf,
  text,
  u8,
  u32,
  wordsOf,
} from './netlink.js'

const RTM_NEWRULE = 32
const RTM_DELRULE = 33
const RTM_GETRULE = 34
const ENOENT = 2
const RTPROT_KERNEL = 2

const FR_ACT_TO_TBL = 1
const FR_ACT_GOTO = 2
const FRA_DST = 1
const FRA_SRC = 2
const FRA_IIFNAME = 3
const FRA_GOTO = 4
const FRA_PRIORITY = 6
const FRA_TABLE = 15
const FRA_PROTOCOL = 21
const FRA_IP_PROTO = 22
const FRA_SPORT_RANGE = 23
const FRA_DPORT_RANGE = 24

export const LOCAL_TABLE = 255

export interface Subnet {
  address: Words
  /** Of the prefix: 0 to 32 or 128. */
  length: number
}

/** First and last. */
export type Ports = readonly [number, number]

/** A rule; 0, '' and null where it has no such condition. */
export interface Rule {
  family: Family
  priority: number
  /** Routing table, or 0 with `goto`. */
  table: number
  /** Priority of the rule to go on at, forwards only. */
  goto: number
  inInterface: string
  from: Subnet | null
  to: Subnet | null
  protocol: number
  sourcePorts: Ports | null
  destinationPorts: Ports | null
}

export const plainRule = (family: Family, priority: number): Rule => ({
  family,
  priority,
  table: 0,
  goto: 0,
  inInterface: '',
  from: null,
  to: null,
  protocol: 0,
  sourcePorts: null,
  destinationPorts: null,
})

export const localRule = (family: Family, priority: number): Rule => ({
  ...plainRule(family, priority),
  table: LOCAL_TABLE,
})

/** Equal for equal rules and for no others. */
export function keyOf(rule: Rule): string {
  const subnet = (each: Subnet | null) => (each ? `${each.address}/${each.length}` : '')
  return [
    rule.family,
    rule.priority,
    rule.table,
    rule.goto,
    rule.inInterface,
    subnet(rule.from),
    subnet(rule.to),
    rule.protocol,
    rule.sourcePorts,
    rule.destinationPorts,
  ].join(' ')
}

export interface Rules {
  /** Families that this kernel routes by rules. */
  families: Family[]
  /** Rules that carry our tag. */
  ours: Rule[]
  others: Rule[]
}

export function rules(): Rules {
  const found: Rules = { families: [], ours: [], others: [] }
  for (const family of [4, 6] as const) {
    const messages = dump(family)
    if (messages === null) continue
    found.families.push(family)
    for (const { rule, owner } of messages.map(readRule)) (owner === OWNER ? found.ours : found.others).push(rule)
  }
  return found
}

/** null: there is no such family. */
function dump(family: Family): Message[] | null {
  const body = new Uint8Array(12)
  body[0] = domain(family)
  try {
    return query({ type: RTM_GETRULE, flags: NLM_F_DUMP, body }, 'list of rules')
  } catch (error) {
    if (error instanceof Failure && error.facts.errno === 'EAFNOSUPPORT') return null
    throw error
  }
}

/** In this order, each behind those of its priority. The kernel does not mind doubles: add what `rules` does not have. */
export function addRules(list: Rule[]): void {
  request(
    list.map((rule) => message(RTM_NEWRULE, NLM_F_CREATE, rule, OWNER)),
    'adding a steering rule',
  )
}

/** The kernel's own rule for the local table, as after boot. */
export function addKernelLocalRule(family: Family, priority: number): void {
  const add = message(RTM_NEWRULE, NLM_F_CREATE, localRule(family, priority), RTPROT_KERNEL)
  request([add], 'putting the rule of the local table back')
}

/**
 * In this order; one that is gone already is passed over. The kernel takes the first rule of the priority that has
 * what is asked for, wherever it goes on and be it more specific: none may be a special case of another.
 */
export function deleteRules(list: Rule[]): void {
  request(
    list.map((rule) => message(RTM_DELRULE, 0, rule, 0)),
    'removing a steering rule',
    [ENOENT],
  )
}

function message(type: number, flags: number, rule: Rule, owner: number): Message {
  const { from, to } = rule
  const action = rule.goto > 0 ? FR_ACT_GOTO : FR_ACT_TO_TBL
  const table = rule.table < 256 ? rule.table : 0
  const lengths = [to ? to.length : 0, from ? from.length : 0]
  const parts: Uint8Array[] = [Uint8Array.of(domain(rule.family), ...lengths, 0, table, 0, 0, action, 0, 0, 0, 0)]
  const add = (kind: number, value: Uint8Array) => parts.push(attribute(kind, value))
  add(FRA_PRIORITY, u32(rule.priority))
  if (to) add(FRA_DST, addressBytes(to.address))
  if (from) add(FRA_SRC, addressBytes(from.address))
  if (rule.inInterface) add(FRA_IIFNAME, text(rule.inInterface))
  if (rule.goto > 0) add(FRA_GOTO, u32(rule.goto))
  else add(FRA_TABLE, u32(rule.table))
  if (owner > 0) add(FRA_PROTOCOL, u8(owner))
  if (rule.protocol > 0) add(FRA_IP_PROTO, u8(rule.protocol))
  if (rule.sourcePorts) add(FRA_SPORT_RANGE, portBytes(rule.sourcePorts))
  if (rule.destinationPorts) add(FRA_DPORT_RANGE, portBytes(rule.destinationPorts))
  return { type, flags: flags | NLM_F_ACK, body: join(...parts) }
}

function readRule({ body }: Message): { rule: Rule; owner: number } {
  const found = attributes(body, 12)
  const subnet = (kind: number, length: number): Subnet | null =>
    found.has(kind) ? { address: wordsOf(found.get(kind)!), length } : null
  const rule: Rule = {
    family: body[0] === domain(4) ? 4 : 6,
    priority: numberOf(found.get(FRA_PRIORITY)),
    table: numberOf(found.get(FRA_TABLE)),
    goto: numberOf(found.get(FRA_GOTO)),
    inInterface: stringOf(found.get(FRA_IIFNAME)),
    to: subnet(FRA_DST, body[1]),
    from: subnet(FRA_SRC, body[2]),
    protocol: found.get(FRA_IP_PROTO)?.[0] ?? 0,
    sourcePorts: portsOf(found.get(FRA_SPORT_RANGE)),
    destinationPorts: portsOf(found.get(FRA_DPORT_RANGE)),
  }
  return { rule, owner: found.get(FRA_PROTOCOL)?.[0] ?? 0 }
}

const portBytes = (ports: Ports): Uint8Array => new Uint8Array(Uint16Array.from(ports).buffer)

const portsOf = (bytes: Uint8Array | undefined): Ports | null =>
  bytes ? [bytes[0] | (bytes[1] << 8), bytes[2] | (bytes[3] << 8)] : null

export const host = (address: Words): Subnet => ({ address, length: familyOf(address) === 4 ? 32 : 128 })
