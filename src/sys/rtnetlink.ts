/** Links, addresses, routes and rules of this network namespace (rtnetlink(7), linux/fib_rules.h), both families alike. */
import type { Words } from '../address/words.js'
import { familyOf } from '../address/words.js'
import {
  attribute,
  attributes,
  join,
  type Message,
  NLM_F_ACK,
  NLM_F_CREATE,
  NLM_F_DUMP,
  NLM_F_EXCL,
  query,
  request,
  text,
  u8,
  u32,
  watch,
} from './netlink.js'
import type { Watch } from './poll.js'

const RTM_NEWLINK = 16
const RTM_DELLINK = 17
const RTM_GETLINK = 18
const RTM_GETADDR = 22
const RTM_NEWROUTE = 24
const RTM_DELROUTE = 25
const RTM_GETROUTE = 26
const RTM_NEWRULE = 32
const RTM_DELRULE = 33
const RTM_GETRULE = 34

const AF_INET = 2
const AF_INET6 = 10
const ENOENT = 2
const ESRCH = 3
const ENODEV = 19
const EEXIST = 17
const EAFNOSUPPORT = 97

export const LOCAL_TABLE = 255

/** What our routes and rules are tagged with (RTA and FRA protocol): 'f'. */
export const OWNER = 102

export interface Link {
  index: number
  name: string
}

/** A policy rule; 0, '' and null where it has no such condition. */
export interface Rule {
  family: 4 | 6
  priority: number
  /** Routing table, or 0 with `goto`. */
  table: number
  goto: number
  inInterface: string
  from: Words | null
  to: Words | null
  protocol: number
  sourcePort: number
  destinationPort: number
}

export interface Route {
  family: 4 | 6
  table: number
  /** Interface index; 0: a blackhole. */
  interface: number
  metric: number
}

export function links(): Link[] {
  const body = new Uint8Array(16)
  return query({ type: RTM_GETLINK, flags: NLM_F_DUMP, body }, 'list of interfaces').map(({ body }) => ({
    index: new DataView(body.buffer, body.byteOffset).getInt32(4, true),
    name: stringOf(attributes(body, 16).get(3)),
  }))
}

const IFF_UP = 1
const IFF_MULTICAST = 0x1000
const IFLA_MTU = 4
const IFLA_TXQLEN = 13

/** Up, with room for `queue` packets that wait to be sent, and without multicast: the kernel itself sends nothing on it. */
export function setLinkUp(index: number, mtu: number, queue: number): void {
  const body = new Uint8Array(16)
  const view = new DataView(body.buffer)
  view.setInt32(4, index, true)
  view.setUint32(8, IFF_UP, true)
  view.setUint32(12, IFF_UP | IFF_MULTICAST, true)
  const parts = [attribute(IFLA_MTU, u32(mtu)), attribute(IFLA_TXQLEN, u32(queue))]
  request([{ type: RTM_NEWLINK, flags: NLM_F_ACK, body: join(body, ...parts) }], 'setting the device up')
}

export function deleteLink(index: number): void {
  const body = new Uint8Array(16)
  new DataView(body.buffer).setInt32(4, index, true)
  request([{ type: RTM_DELLINK, flags: NLM_F_ACK, body }], 'removing the device', [ENODEV])
}

/** Addresses of all interfaces, the interface they stand on, and whether they are its first of their family. */
export function addresses(): { index: number; words: Words; primary: boolean }[] {
  const IFA_F_SECONDARY = 1
  const body = new Uint8Array(8)
  return query({ type: RTM_GETADDR, flags: NLM_F_DUMP, body }, 'list of addresses').map(({ body }) => {
    const found = attributes(body, 8)
    const index = new DataView(body.buffer, body.byteOffset).getUint32(4, true)
    return { index, words: wordsOf(found.get(2) ?? found.get(1)!), primary: (body[2] & IFA_F_SECONDARY) === 0 }
  })
}

/** The interface and source the kernel would use towards an address; null where there is no route. */
export function routeTo(to: Words): { index: number; source: Words | null } | null {
  const body = routeBody(familyOf(to), hostLength(to), 0, 0, attribute(1, bytesOf(to)))
  try {
    const [answer] = query({ type: RTM_GETROUTE, flags: 0, body }, 'route lookup')
    const found = attributes(answer.body, 12)
    const source = found.get(7)
    return { index: numberOf(found.get(4)), source: source ? wordsOf(source) : null }
  } catch {
    return null
  }
}

export function addRoutes(routes: Route[]): void {
  request(
    routes.map((route) => routeMessage(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, route)),
    'adding a route',
    [EEXIST, EAFNOSUPPORT],
  )
}

export function deleteRoutes(routes: Route[]): void {
  request(
    routes.map((route) => routeMessage(RTM_DELROUTE, 0, route)),
    'removing a route',
    [ESRCH, ENOENT, ENODEV, EAFNOSUPPORT],
  )
}

const RTN_UNICAST = 1
const RTN_BLACKHOLE = 6
const SCOPE_LINK = 253

function routeMessage(type: number, flags: number, route: Route): Message {
  const parts: Uint8Array[] = [attribute(15, u32(route.table)), attribute(6, u32(route.metric))]
  if (route.interface > 0) parts.push(attribute(4, u32(route.interface)))
  const kind = route.interface > 0 ? RTN_UNICAST : RTN_BLACKHOLE
  const scope = route.interface > 0 && route.family === 4 ? SCOPE_LINK : 0
  return { type, flags: flags | NLM_F_ACK, body: routeBody(route.family, 0, kind, scope, ...parts) }
}

function routeBody(family: 4 | 6, length: number, kind: number, scope: number, ...parts: Uint8Array[]): Uint8Array {
  const protocol = kind === 0 ? 0 : OWNER
  return join(Uint8Array.of(domain(family), length, 0, 0, 0, protocol, scope, kind, 0, 0, 0, 0), ...parts)
}

/** Rules that carry our tag, and every rule of the local table. */
export function rules(): { ours: Rule[]; local: Rule[] } {
  const all = ([4, 6] as const).flatMap((family) => {
    const body = new Uint8Array(12)
    body[0] = domain(family)
    return query({ type: RTM_GETRULE, flags: NLM_F_DUMP, body }, 'list of rules').map((message) => readRule(message))
  })
  return {
    ours: all.filter(({ owner }) => owner === OWNER).map(({ rule }) => rule),
    local: all.filter(({ rule }) => rule.table === LOCAL_TABLE).map(({ rule }) => rule),
  }
}

export function addRules(list: Rule[]): void {
  request(
    list.map((rule) => ruleMessage(RTM_NEWRULE, NLM_F_CREATE | NLM_F_EXCL, rule, OWNER)),
    'adding a steering rule',
    [EEXIST, EAFNOSUPPORT],
  )
}

/** The kernel's own rule for the local table, where it stands after boot. */
export function addLocalRule(family: 4 | 6, priority: number): void {
  const RTPROT_KERNEL = 2
  const rule = { ...plainRule(family), priority, table: LOCAL_TABLE }
  const message = ruleMessage(RTM_NEWRULE, NLM_F_CREATE | NLM_F_EXCL, rule, RTPROT_KERNEL)
  request([message], 'putting the rule of the local table back', [EEXIST, EAFNOSUPPORT])
}

export function deleteRules(list: Rule[]): void {
  request(
    list.map((rule) => ruleMessage(RTM_DELRULE, 0, rule, 0)),
    'removing a steering rule',
    [ENOENT, EAFNOSUPPORT],
  )
}

export const plainRule = (family: 4 | 6): Rule => ({
  family,
  priority: 0,
  table: 0,
  goto: 0,
  inInterface: '',
  from: null,
  to: null,
  protocol: 0,
  sourcePort: 0,
  destinationPort: 0,
})

const FR_ACT_TO_TBL = 1
const FR_ACT_GOTO = 2

function ruleMessage(type: number, flags: number, rule: Rule, owner: number): Message {
  const { from, to } = rule
  const action = rule.goto > 0 ? FR_ACT_GOTO : FR_ACT_TO_TBL
  const table = rule.table < 256 ? rule.table : 0
  const [toLength, fromLength] = [to ? hostLength(to) : 0, from ? hostLength(from) : 0]
  const parts: Uint8Array[] = [
    Uint8Array.of(domain(rule.family), toLength, fromLength, 0, table, 0, 0, action, 0, 0, 0, 0),
  ]
  const add = (kind: number, value: Uint8Array) => parts.push(attribute(kind, value))
  add(6, u32(rule.priority))
  if (to) add(1, bytesOf(to))
  if (from) add(2, bytesOf(from))
  if (rule.inInterface) add(3, text(rule.inInterface))
  if (rule.goto > 0) add(4, u32(rule.goto))
  else add(15, u32(rule.table))
  if (owner > 0) add(21, u8(owner))
  if (rule.protocol > 0) add(22, u8(rule.protocol))
  if (rule.sourcePort > 0) add(23, portRange(rule.sourcePort))
  if (rule.destinationPort > 0) add(24, portRange(rule.destinationPort))
  return { type, flags: flags | NLM_F_ACK, body: join(...parts) }
}

function readRule({ body }: Message): { rule: Rule; owner: number } {
  const found = attributes(body, 12)
  const address = (bytes: Uint8Array | undefined) => (bytes ? wordsOf(bytes) : null)
  const port = (bytes: Uint8Array | undefined) => (bytes ? bytes[0] | (bytes[1] << 8) : 0)
  const rule: Rule = {
    family: body[0] === AF_INET ? 4 : 6,
    priority: numberOf(found.get(6)),
    table: numberOf(found.get(15)),
    goto: numberOf(found.get(4)),
    inInterface: stringOf(found.get(3)),
    from: address(found.get(2)),
    to: address(found.get(1)),
    protocol: found.get(22)?.[0] ?? 0,
    sourcePort: port(found.get(23)),
    destinationPort: port(found.get(24)),
  }
  return { rule, owner: found.get(21)?.[0] ?? 0 }
}

/** Calls back when links, addresses or routes change. */
export function watchNetwork(callback: () => void): Watch {
  const LINK = 1
  const ADDRESS = 0x10 | 0x100
  const ROUTE = 0x40 | 0x400
  return watch(LINK | ADDRESS | ROUTE, callback)
}

const domain = (family: 4 | 6): number => (family === 4 ? AF_INET : AF_INET6)
const hostLength = (words: Words): number => (familyOf(words) === 4 ? 32 : 128)
const portRange = (port: number): Uint8Array => new Uint8Array(Uint16Array.of(port, port).buffer)
const numberOf = (bytes: Uint8Array | undefined): number =>
  bytes ? new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true) : 0
const stringOf = (bytes: Uint8Array | undefined): string =>
  bytes ? new TextDecoder().decode(bytes.subarray(0, bytes.length - 1)) : ''

function bytesOf(words: Words): Uint8Array {
  const view = new DataView(new ArrayBuffer(16))
  words.forEach((word, i) => {
    view.setInt32(i * 4, word)
  })
  return new Uint8Array(view.buffer, familyOf(words) === 4 ? 12 : 0)
}

function wordsOf(bytes: Uint8Array): Words {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  if (bytes.length === 4) return [0, 0, 0xffff, view.getInt32(0)]
  return [view.getInt32(0), view.getInt32(4), view.getInt32(8), view.getInt32(12)]
}
