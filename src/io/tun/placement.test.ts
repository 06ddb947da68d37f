import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { familyOf, type Words } from '../../address/words.js'
import { keyOf, LOCAL_TABLE, type Rule, type Subnet } from '../../sys/rule.js'
import { ERROR_TABLE, LOCAL_PRIORITY, place, TABLE } from './placement.js'
import type { Endpoint, Selector, SteeringSpec } from './spec.js'

interface Flow {
  inInterface: string
  from: Words
  to: Words
  protocol: number
  sourcePort: number
  destinationPort: number
}

/** The kernel's walk (net/core/fib_rules.c, fib_rules_lookup): the table that is asked first; 255 stands for the host. */
function walk(rules: Rule[], flow: Flow): number {
  const family = familyOf(flow.to)
  const list = rules.filter((rule) => rule.family === family).sort((a, b) => a.priority - b.priority)
  for (let i = 0; i < list.length; i++) {
    if (!matches(list[i], flow)) continue
    if (list[i].goto === 0) return list[i].table
    const target = list.findIndex(({ priority }) => priority === list[i].goto)
    if (target < 0 && list[i].goto === LOCAL_PRIORITY) return walkOn(list, flow)
    assert.ok(target > i, `a rule to go on at: ${keyOf(list[i])}`)
    i = target - 1
  }
  return 255
}

/** Behind the table local, which is not among the rules placed. */
const walkOn = (list: Rule[], flow: Flow): number =>
  walk(
    list.filter(({ priority }) => priority > LOCAL_PRIORITY),
    flow,
  )

const matches = (rule: Rule, flow: Flow): boolean =>
  contains(rule.from, flow.from) &&
  contains(rule.to, flow.to) &&
  (rule.inInterface === '' || rule.inInterface === flow.inInterface) &&
  (rule.protocol === 0 || rule.protocol === flow.protocol) &&
  within(rule.sourcePorts, flow.sourcePort) &&
  within(rule.destinationPorts, flow.destinationPort)

const within = (ports: readonly [number, number] | null, port: number): boolean =>
  ports === null || (port >= ports[0] && port <= ports[1])

const bits = (words: Words): string => words.map((word) => (word >>> 0).toString(2).padStart(32, '0')).join('')

const contains = (subnet: Subnet | null, words: Words): boolean => {
  if (subnet === null) return true
  const length = subnet.length + (familyOf(words) === 4 ? 96 : 0)
  return bits(subnet.address).slice(0, length) === bits(words).slice(0, length)
}

/** Nothing but services. */
const QUIET = { transparent: { v4: false, v6: false }, ignoreTunneled: false }

/** Few enough values that packets meet services; dense and scattered addresses. */
const v4 = fc.tuple(fc.nat(3), fc.nat(40)).map(([net, host]): Words => [0, 0, 0xffff, 0x0a000000 | (net << 16) | host])
const v6 = fc.tuple(fc.nat(3), fc.nat(40)).map(([net, host]): Words => [0x20010db8, net, 0, -1 - host])
const port = fc.constantFrom(0, 1, 80, 443, 65_534)
const protocol = fc.constantFrom(6, 17)
const endpoints = (maxLength: number) =>
  fc.array(
    fc
      .record({ protocol, address: fc.oneof(v4, v6), port, more: fc.constantFrom(0, 0, 100) })
      .map(
        ({ more, ...end }): Endpoint => ({ ...end, lastPort: end.port === 0 ? 0 : Math.min(end.port + more, 65_534) }),
      ),
    { maxLength, size: 'max' },
  )
const spec: fc.Arbitrary<SteeringSpec> = fc.oneof(endpoints(20), endpoints(300)).chain((requests) =>
  fc.record({
    requests: fc.constant(requests),
    marked: fc.constant([]),
    replies: fc.oneof(endpoints(20), endpoints(300)),
    transparent: fc.constant(QUIET.transparent),
    ignoreTunneled: fc.constant(false),
  }),
)
const flow = fc
  .tuple(fc.oneof(fc.tuple(v4, v4), fc.tuple(v6, v6)), fc.record({ protocol, sourcePort: port, destinationPort: port }))
  .map(([[from, to], rest]): Flow => ({ inInterface: 'eth0', from, to, ...rest }))

const isEnd = (list: Endpoint[], protocol: number, address: Words, port: number): boolean =>
  list
    .filter((end) => end.protocol === protocol && `${end.address}` === `${address}`)
    .some((end) => end.port === 0 || port === 0 || (end.port <= port && port <= end.lastPort))

test('however many there are, exactly the packets of the endpoints are steered, and fragments, which have no port', () => {
  fc.assert(
    fc.property(spec, fc.array(flow, { minLength: 20, maxLength: 60 }), (wanted, flows) => {
      const rules = place(wanted)
      for (const each of flows) {
        const isOurs =
          isEnd(wanted.requests, each.protocol, each.to, each.destinationPort) ||
          isEnd(wanted.replies, each.protocol, each.from, each.sourcePort)
        // Fragments of neighbours may come along: the engine gives them back.
        if (!isOurs && (each.destinationPort === 0 || each.sourcePort === 0)) continue
        assert.equal(walk(rules, each), isOurs ? TABLE : 255)
      }
    }),
    { numRuns: 100 },
  )
})

/** What the kernel takes when asked to delete a rule (net/core/fib_rules.c, rule_find): what is not given may be anything. */
const deletes = (asked: Rule, found: Rule): boolean =>
  found.family === asked.family &&
  found.priority === asked.priority &&
  found.goto > 0 === asked.goto > 0 &&
  (asked.table === 0 || found.table === asked.table) &&
  (asked.inInterface === '' || found.inInterface === asked.inInterface) &&
  (asked.protocol === 0 || found.protocol === asked.protocol) &&
  (asked.from === null || keyPart(found.from) === keyPart(asked.from)) &&
  (asked.to === null || keyPart(found.to) === keyPart(asked.to)) &&
  (asked.sourcePorts === null || `${found.sourcePorts}` === `${asked.sourcePorts}`) &&
  (asked.destinationPorts === null || `${found.destinationPorts}` === `${asked.destinationPorts}`)

const keyPart = (subnet: Subnet | null): string => `${subnet?.address}/${subnet?.length}`

test('a rule can be deleted without meaning another', () => {
  fc.assert(
    fc.property(spec, (wanted) => {
      const rules = place({ ...wanted, transparent: { v4: true, v6: true } })
      const distinct = [...new Map(rules.map((rule) => [keyOf(rule), rule])).values()]
      for (const rule of distinct) assert.equal(distinct.filter((each) => deletes(rule, each)).length, 1, keyOf(rule))
    }),
    { numRuns: 50 },
  )
})

test('a packet that is not steered is tried against few rules, at a thousand services', () => {
  const address = (host: number): Words => [0, 0, 0xffff, 0x0a000000 | host]
  const ends = (first: number, count: number): Endpoint[] =>
    Array.from({ length: count }, (_, i) => ({ protocol: 6, address: address(first + i), port: 80, lastPort: 80 }))
  const rules = place({
    requests: ends(0, 1000),
    marked: [],
    replies: ends(0x10000, 4000),
    ...QUIET,
  })
  const tried = rules.filter(({ priority }) => [10, 14, 80, 84].includes(priority))
  assert.ok(rules.length > 5000)
  assert.ok(tried.length < 330, `${tried.length}`)
})

test('one rule changes when one endpoint of many does', () => {
  const ends = Array.from({ length: 500 }, (_, i): Endpoint => {
    const port = 1000 + (i & 3)
    return { protocol: 17, address: [0x20010db8, 0, 0, i >> 2], port, lastPort: port }
  })
  const keys = (requests: Endpoint[]) => new Set(place({ requests, marked: [], replies: [], ...QUIET }).map(keyOf))
  const [all, without] = [keys(ends), keys(ends.filter((_, i) => i !== 77))]
  assert.equal([...all].filter((key) => !without.has(key)).length, 1)
  assert.equal([...without].filter((key) => !all.has(key)).length, 0)
})

test('ICMP from elsewhere to somebody else is steered, behind what is for this host', () => {
  const ends = Array.from({ length: 20 }, (_, i): Endpoint => {
    return { protocol: 6, address: [0, 0, 0xffff, i], port: 80, lastPort: 80 }
  })
  const of = (v4: boolean) =>
    place({ requests: ends, marked: [], replies: ends, ...QUIET, transparent: { v4, v6: false } })
  const asked = (rules: Rule[], inInterface: string): number[] => {
    const flow = { inInterface, from: ends[3].address, to: [0, 0, 0xffff, 99] as const, protocol: 1 }
    const behindLocal = rules.filter(({ table, protocol }) => table !== LOCAL_TABLE || protocol === 0)
    return [rules, behindLocal].map((each) => walk(each, { ...flow, sourcePort: 0, destinationPort: 0 }))
  }
  assert.deepEqual(asked(of(true), 'eth0'), [LOCAL_TABLE, ERROR_TABLE], 'a real server answers for a client')
  assert.deepEqual(asked(of(true), 'lo'), [255, 255])
  assert.deepEqual(asked(of(false), 'eth0'), [255, 255])
})

test('an ICMP error of this host is steered, a ping is not', () => {
  const rules = place({ ...QUIET, requests: [], marked: [], replies: [], transparent: { v4: true, v6: true } })
  const v4: Words = [0, 0, 0xffff, 1]
  const v6: Words = [0x20010db8, 0, 0, 1]
  const table = (address: Words, type: number, code: number, inInterface = 'lo') => {
    const protocol = familyOf(address) === 4 ? 1 : 58
    const flow = {
      inInterface,
      from: address,
      to: address,
      protocol,
      sourcePort: 0,
      destinationPort: (type << 8) | code,
    }
    return walk(rules, flow)
  }
  for (const [type, code] of [
    [3, 0],
    [3, 4],
    [11, 1],
    [12, 0],
  ])
    assert.equal(table(v4, type, code), ERROR_TABLE)
  for (const [type, code] of [
    [1, 4],
    [2, 0],
    [3, 1],
    [4, 2],
  ])
    assert.equal(table(v6, type, code), ERROR_TABLE)
  for (const type of [0, 5, 8, 13]) assert.equal(table(v4, type, 0), 255)
  for (const type of [128, 129, 135, 136]) assert.equal(table(v6, type, 0), 255)
  assert.equal(table(v4, 3, 4, 'eth0'), 255)
})

const selector = (changes: Partial<Selector>): Selector => ({
  ...{ family: 4, inInterface: '', protocol: 6, from: null, to: null, sourcePorts: null, destinationPorts: null },
  ...changes,
})

test("packets that may be a mark service's are steered; this host's own only where they come back to it", () => {
  const vip: Words = [0, 0, 0xffff, 0x0a00002d]
  const client: Words = [0, 0, 0xffff, 0x0a000064]
  const [web, any] = [443, 8080].map((port) => selector({ destinationPorts: [port, port] }))
  const rules = place({
    requests: [],
    marked: [
      { ...web, to: { address: vip, length: 32 }, inInterface: 'eth0' },
      { ...any, from: { address: client, length: 24 } },
      selector({ family: 6, protocol: 17 }),
    ],
    replies: [{ protocol: 6, address: client, port: 80, lastPort: 80 }],
    ...QUIET,
  })
  const to = (destinationPort: number, changes: Partial<Flow> = {}) =>
    walk(rules, { inInterface: 'eth0', from: client, to: vip, protocol: 6, sourcePort: 9, destinationPort, ...changes })
  assert.equal(to(443), TABLE)
  assert.equal(to(443, { inInterface: 'eth1' }), 255)
  assert.equal(to(443, { to: client }), 255)
  assert.equal(to(8080), TABLE)
  assert.equal(to(8080, { to: client }), TABLE)
  assert.equal(to(8080, { from: [0, 0, 0xffff, 0x0a000164] }), 255)
  assert.equal(to(8080, { inInterface: 'lo' }), 255, 'it has no PREROUTING')
  assert.equal(to(8080, { inInterface: 'lo', sourcePort: 80 }), TABLE, 'an answer of a real server here')
  assert.equal(to(22), 255)
  const six = (to: Words, protocol = 17) => {
    const flow = { inInterface: 'eth0', from: [0x20010db8, 0, 0, 1] as const, to, protocol }
    return walk(rules, { ...flow, sourcePort: 546, destinationPort: 547 })
  }
  assert.equal(six([0x20010db8, 0, 0, 2]), TABLE)
  assert.equal(six([0x0064ff9b, 0, 0, 2]), TABLE)
  assert.equal(six([0xfd000000 | 0, 0, 0, 2]), TABLE)
  assert.equal(six([0xff020000 | 0, 0, 0, 2]), 255, 'multicast is for the host')
  assert.equal(six([0xfe800000 | 0, 0, 0, 2]), 255, 'so is what is link-local')
  assert.equal(six([0x20010db8, 0, 0, 2], 58), 255)
})
