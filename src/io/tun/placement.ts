/**
 * Which rules steer a specification, and in what order: a pure function of it.
 *
 *   priority  2   from fullnat0: go on at 150           what the engine sends is never steered again
 *             2   from a tunnel: go on at 150           with ignore_tunneled
 *             4   of a mark service: table 5400         to one address
 *             5   from this host itself: go on          its own packets to other hosts have no PREROUTING
 *             6   of a mark service: table 5400         to any address or network
 *            10   to VIP, protocol, port: table 5400    one for each service
 *            12   protocol, any port: go on at 80       what has a port is nobody's; what has none is a fragment:
 *            13   to VIP, protocol: table 5400
 *            80   from real server, protocol, port: table 5400, and so on as for requests
 *           147   from this host itself: go on at 150    these three only where clients keep their address
 *           148   ICMP: table local
 *           149   ICMP: table 5401                      what is left is forwarded: errors about clients' packets among it
 *           150   table local                           moved here from 0
 *           151   own ICMP errors: table 5401           only where clients keep their address
 *
 * A fragment has no ports for the kernel's rules, not even the first of a datagram. All that go to a virtual address, or to
 * a group as below, go to the engine, which gives those of others back.
 *
 * The kernel tries rules one after the other (about 25 ns each), for every packet of the host. So when there are many,
 * priorities 10 and 80 hold one rule for each group of 16 neighbouring addresses, which goes on at the group's bucket
 * further down, and one for everything else, which skips the buckets. 1000 services with 4 real servers each then cost
 * every packet 7 us, where 5000 rules in a row cost it 130. More than 4096 endpoints of a stage are steered by blocks of
 * addresses and ports instead, 256 at most.
 */
import { type Family, familyOf, type Words } from '../../address/words.js'
import { host, keyOf, LOCAL_TABLE, plainRule, type Rule, type Subnet } from '../../sys/rule.js'
import { type Block, cover } from './cover.js'
import type { Endpoint, Selector, SteeringSpec } from './spec.js'

/** Into the device; a packet is dropped while nobody reads it. */
export const TABLE = 5400
/** Into the device; while nobody reads it, a packet goes on as if there were no rule. */
export const ERROR_TABLE = 5401

export const SKIP_PRIORITY = 2
const MARKED_PRIORITY = 4
const OWN_PRIORITY = 5
const MARKED_WIDELY_PRIORITY = 6
/** Where ICMP from elsewhere begins: what is for this host, then what is not. */
const ICMP_PRIORITY = 147
export const LOCAL_PRIORITY = 150
const ERROR_PRIORITY = 151

/** `to` or `from` and the priorities that begin with `first`. */
interface Stage {
  side: 'to' | 'from'
  first: number
}
const REQUESTS: Stage = { side: 'to', first: 10 }
const REPLIES: Stage = { side: 'from', first: 80 }

/**
 * Priorities of a stage: groups and, when there are few, the endpoints themselves; the same without a port; the rules past
 * fragments, and those of fragments; the rule for everything else. Then as many for each bucket: its endpoints, those
 * without a port, past fragments, fragments, and the end. Apart, since a rule may be no special case of another.
 */
const WITHOUT_PORT = 1
const PAST_FRAGMENTS = 2
const FRAGMENTS = 3
const REST = 4
const END = 4
const BUCKET = 5
const BUCKETS = 12
/** All ports that a rule can name. */
const FIRST_PORT = 1
const LAST_PORT = 65_534
/** As many endpoints as a stage tries without groups. */
const FEW = 12
/** Above this many, endpoints are covered by blocks (cover.ts). */
const MANY = 4096
/** Bits that the addresses of a group share, of 128. */
const GROUP_BITS = 124

const FAMILIES = [4, 6] as const

export function place(spec: SteeringSpec): Rule[] {
  return FAMILIES.flatMap((family) => {
    const of = (list: Endpoint[]) => list.filter(({ address }) => familyOf(address) === family)
    const errors = (family === 4 ? spec.transparent.v4 : spec.transparent.v6) ? errorRules(family) : []
    const last = leastOf(errors, LOCAL_PRIORITY)
    const replies = placeStage(REPLIES, family, of(spec.replies), last)
    const next = leastOf(replies, last)
    const requests = placeStage(REQUESTS, family, of(spec.requests), next)
    const behind = leastOf(requests, next)
    return [
      ...placeMarked(
        spec.marked.filter((each) => each.family === family),
        behind,
      ),
      ...requests,
      ...replies,
      ...errors,
    ]
  })
}

const leastOf = (rules: Rule[], most: number): number =>
  rules.reduce((least, { priority }) => Math.min(least, priority), most)

/** `next`: the priority of the first rule behind these. */
function placeMarked(selectors: Selector[], next: number): Rule[] {
  const steering = (selector: Selector, priority: number): Rule => ({
    ...plainRule(selector.family, priority),
    ...selector,
    table: TABLE,
  })
  const wide = selectors.filter(({ to }) => !isHost(to))
  const exact = selectors.filter(({ to }) => isHost(to)).map((each) => steering(each, MARKED_PRIORITY))
  if (wide.length === 0) return exact
  const own = { ...plainRule(wide[0].family, OWN_PRIORITY), inInterface: 'lo', goto: next }
  return [...exact, own, ...wide.flatMap(unicast).map((each) => steering(each, MARKED_WIDELY_PRIORITY))]
}

const isHost = (to: Subnet | null): boolean => to !== null && to.length === (familyOf(to.address) === 4 ? 32 : 128)

/** In IPv6 a rule for every address would take multicast and link-local ones, which belong to the host. */
const unicast = (selector: Selector): Selector[] =>
  selector.family === 6 && selector.to === null ? UNICAST6.map((to) => ({ ...selector, to })) : [selector]

const UNICAST6: readonly Subnet[] = [
  { address: [0, 0, 0, 0], length: 1 },
  { address: [0xfc000000 | 0, 0, 0, 0], length: 7 },
]

function placeStage(stage: Stage, family: Family, endpoints: Endpoint[], next: number): Rule[] {
  if (endpoints.length > MANY)
    return distinct(
      cover(family, endpoints).flatMap((block) => blockRules(stage, block, block.subnet, stage.first, next)),
    )
  if (endpoints.length <= FEW)
    return distinct(
      endpoints.flatMap((each) => blockRules(stage, blockOf(each), host(each.address), stage.first, next)),
    )
  const found = new Map<string, Rule>()
  const add = (rule: Rule) => found.set(keyOf(rule), rule)
  const bucketOf = (group: Subnet) => stage.first + BUCKET * (1 + (hash(group.address) % BUCKETS))
  for (const each of endpoints)
    for (const rule of blockRules(stage, blockOf(each), null, bucketOf(groupOf(each.address)), next)) add(rule)
  const used = new Set([...found.values()].map(({ priority }) => priority))
  for (const { address } of endpoints) {
    const group = groupOf(address)
    const bucket = bucketOf(group)
    const start = used.has(bucket) ? bucket : bucket + WITHOUT_PORT
    add({ ...plainRule(family, bucket + END), goto: next })
    add({ ...plainRule(family, stage.first), [stage.side]: group, goto: start })
  }
  add({ ...plainRule(family, stage.first + REST), goto: next })
  return [...found.values()]
}

/**
 * The rule of a block from priority `first` on, and those of fragments of its protocol to or from `fragments`; null in a
 * bucket, where only packets of steered groups come.
 */
function blockRules(
  { side }: Stage,
  { protocol, subnet, ports }: Block,
  fragments: Subnet | null,
  first: number,
  next: number,
): Rule[] {
  const plain = plainRule(familyOf(subnet.address), first)
  const portsOfSide = side === 'to' ? 'destinationPorts' : 'sourcePorts'
  const all = { ...plain, table: TABLE, protocol, [side]: subnet }
  if (!ports) return [{ ...all, priority: first + WITHOUT_PORT }]
  return [
    { ...all, [portsOfSide]: ports },
    { ...plain, priority: first + PAST_FRAGMENTS, protocol, [portsOfSide]: [FIRST_PORT, LAST_PORT], goto: next },
    { ...all, [side]: fragments, priority: first + FRAGMENTS },
  ]
}

/** The kernel has no rule for port 65535: its service takes every port of its address, and the engine passes the others on. */
function blockOf({ protocol, address, port, lastPort }: Endpoint): Block {
  const isExact = port >= FIRST_PORT && lastPort <= LAST_PORT
  return { protocol, subnet: host(address), ports: isExact ? [port, lastPort] : null }
}

const distinct = (rules: Rule[]): Rule[] => [...new Map(rules.map((rule) => [keyOf(rule), rule])).values()]

function groupOf(address: Words): Subnet {
  const start: Words = [address[0], address[1], address[2], address[3] & -(2 ** (128 - GROUP_BITS))]
  return { address: start, length: familyOf(address) === 4 ? GROUP_BITS - 96 : GROUP_BITS }
}

const hash = (words: Words): number =>
  words.reduce((sum: number, word) => Math.imul(sum ^ word ^ (word >>> 15), 0x9e3779b1), 0) >>> 16

/**
 * Errors to a client about a packet on its way to a real server: that others send (a forwarded packet's type no rule can
 * tell, so pings come along, and go on), and that this host itself sends. For packets of its own the
 * kernel compares type * 256 + code with a rule's destination ports (struct flowi_uli, include/net/flow.h).
 */
function errorRules(family: Family): Rule[] {
  const protocol = family === 4 ? 1 : 58
  const types = family === 4 ? ICMP_ERRORS : ICMP6_ERRORS
  return [
    { ...plainRule(family, ICMP_PRIORITY), inInterface: 'lo', goto: LOCAL_PRIORITY },
    { ...plainRule(family, ICMP_PRIORITY + 1), protocol, table: LOCAL_TABLE },
    { ...plainRule(family, ICMP_PRIORITY + 2), protocol, table: ERROR_TABLE },
    ...types.map(([from, to]) => ({
      ...plainRule(family, ERROR_PRIORITY),
      table: ERROR_TABLE,
      inInterface: 'lo',
      protocol,
      destinationPorts: [from << 8, (to << 8) | 0xff] as const,
    })),
  ]
}

/** Unreachable; time exceeded and parameter problem. */
const ICMP_ERRORS = [
  [3, 3],
  [11, 12],
]
/** Unreachable, too big, time exceeded, parameter problem. */
const ICMP6_ERRORS = [[1, 4]]
