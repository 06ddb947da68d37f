/** Links, addresses and routes of this network namespace (rtnetlink(7)), both families alike. */
import type { Words } from '../address/words.js'
import { familyOf } from '../address/words.js'
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
  NLM_F_EXCL,
  numberOf,
  OWNER,
  query,
  queryEach,
  request,
  stringOf,
  u32,
  watch,
  wordsOf,
} from './netlink.js'
import type { Watch } from './poll.js'

const RTM_NEWLINK = 16
const RTM_DELLINK = 17
const RTM_GETLINK = 18
const RTM_GETADDR = 22
const RTM_NEWROUTE = 24
const RTM_DELROUTE = 25
const RTM_GETROUTE = 26
const RTM_GETTFILTER = 46

const ENOENT = 2
const ESRCH = 3
const ENODEV = 19
const EEXIST = 17
const EAFNOSUPPORT = 97

export interface Link {
  index: number
  name: string
  mtu: number
  /** ARPHRD_*. */
  type: number
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
  return query({ type: RTM_GETLINK, flags: NLM_F_DUMP, body }, 'list of interfaces').map(linkOf)
}

function linkOf({ body }: Message): Link {
  const view = new DataView(body.buffer, body.byteOffset)
  const found = attributes(body, 16)
  return {
    index: view.getInt32(4, true),
    name: stringOf(found.get(3)),
    mtu: numberOf(found.get(IFLA_MTU)),
    type: view.getUint16(2, true),
  }
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

/** TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS) and _EGRESS (linux/pkt_sched.h). */
const CLSACT_WAYS = [0xffff_fff2, 0xffff_fff3]

/** Whether anybody's filter hangs on the interface's clsact qdisc. */
export function hasFilters(index: number): boolean {
  return CLSACT_WAYS.some((parent) => {
    const body = new Uint8Array(20) // struct tcmsg
    const view = new DataView(body.buffer)
    view.setInt32(4, index, true)
    view.setUint32(12, parent, true)
    return query({ type: RTM_GETTFILTER, flags: NLM_F_DUMP, body }, 'list of filters').length > 0
  })
}

export function deleteLink(index: number): void {
  const body = new Uint8Array(16)
  new DataView(body.buffer).setInt32(4, index, true)
  request([{ type: RTM_DELLINK, flags: NLM_F_ACK, body }], 'removing the device', [ENODEV])
}

/** Addresses of all interfaces, the interface they stand on, and whether they are its first of their family. */
/** `length`: of the prefix, 0 to 32 or 128. */
export function addresses(): { index: number; words: Words; length: number; primary: boolean }[] {
  const IFA_F_SECONDARY = 1
  const body = new Uint8Array(8)
  return query({ type: RTM_GETADDR, flags: NLM_F_DUMP, body }, 'list of addresses').map(({ body }) => {
    const found = attributes(body, 8)
    const index = new DataView(body.buffer, body.byteOffset).getUint32(4, true)
    const words = wordsOf(found.get(2) ?? found.get(1)!)
    return { index, words, length: body[1], primary: (body[2] & IFA_F_SECONDARY) === 0 }
  })
}

const RTN_LOCAL = 2
const RTAX_MTU = 2

export interface Way {
  /** Of the interface. */
  index: number
  /** The address that the kernel would speak from. */
  source: Words | null
  /** Of the route itself, learned or set; 0: none but the interface's. */
  mtu: number
  /** To this host itself. */
  local: boolean
}

/** The way that the kernel would take towards each address; null where there is no route. */
export function waysTo(list: readonly Words[]): (Way | null)[] {
  const requests = list.map((to): Message => {
    const body = routeBody(familyOf(to), familyOf(to) === 4 ? 32 : 128, 0, 0, attribute(1, addressBytes(to)))
    return { type: RTM_GETROUTE, flags: 0, body }
  })
  return queryEach(requests).map((answer) => (answer ? wayOf(answer.body) : null))
}

function wayOf(body: Uint8Array): Way {
  const found = attributes(body, 12)
  const source = found.get(7)
  const metrics = found.get(8)
  return {
    index: numberOf(found.get(4)),
    source: source ? wordsOf(source) : null,
    mtu: metrics ? numberOf(attributes(metrics, 0).get(RTAX_MTU)) : 0,
    local: body[7] === RTN_LOCAL,
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

/** Calls back when links, addresses or routes change. */
export function watchNetwork(callback: () => void): Watch {
  const LINK = 1
  const ADDRESS = 0x10 | 0x100
  const ROUTE = 0x40 | 0x400
  return watch(LINK | ADDRESS | ROUTE, callback)
}
