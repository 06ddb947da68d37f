import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AddressKinds, Kind, NO_ADDRESSES } from './address-kind.js'
import type { IpvsSpec, RuleSpec } from './chain.js'
import { Verdict } from './chain.js'
import { ipvs, packet, prefix, rule, words } from './fixture.js'
import * as match from './match.js'
import type { NatPacket } from './packet.js'

const matches = (rule: RuleSpec, packet: NatPacket, kinds = new AddressKinds(NO_ADDRESSES)) =>
  match.matches(rule, packet, kinds)

const syn = packet('10.0.0.2 172.16.0.11 10.0.0.100', { outInterface: 'eth1', controlPort: 21 })
const number = (value: number, invert = false) => ({ invert, value })

function holds(cases: [changes: Partial<RuleSpec>, expected: boolean][], asked: NatPacket = syn): void {
  for (const [changes, expected] of cases)
    assert.equal(matches(rule(Verdict.next, changes), asked), expected, JSON.stringify(changes))
}

test('a rule without conditions holds, one that never holds does not', () => {
  holds([
    [{}, true],
    [{ never: true }, false],
  ])
})

test('protocol, addresses and ports are those after the real server was chosen', () => {
  const span = (from: number, to: number, invert = false) => ({ invert, from, to })
  holds([
    [{ protocol: number(6) }, true],
    [{ protocol: number(17) }, false],
    [{ protocol: number(6, true) }, false],
    [{ protocol: number(17, true) }, true],
    [{ source: prefix('10.0.0.0', -256) }, true],
    [{ source: prefix('!10.0.0.0', -256) }, false],
    [{ source: prefix('172.16.0.11', -1) }, false],
    [{ source: prefix('0.0.0.2', 255) }, true],
    [{ destination: prefix('172.16.0.11', -1) }, true],
    [{ destination: prefix('10.0.0.100', -1) }, false],
    [{ destination: prefix('!10.0.0.100', -1) }, true],
    [{ source: prefix('0.0.0.0', 0), destination: prefix('0.0.0.0', 0) }, true],
    [{ sourcePorts: [span(40000, 40000)] }, true],
    [{ sourcePorts: [span(1, 39999)] }, false],
    [{ sourcePorts: [span(1, 39999, true)] }, true],
    [{ sourcePorts: [span(30000, 50000), span(40000, 40000, true)] }, false],
    [{ destinationPorts: [span(8080, 8090)] }, true],
    [{ destinationPorts: [span(80, 80)] }, false],
  ])
})

test('the out interface by name or by prefix', () => {
  const out = (name: string, wildcard: boolean, invert = false) => ({ outInterface: { name, wildcard, invert } })
  holds([
    [out('eth1', false), true],
    [out('eth', false), false],
    [out('eth', true), true],
    [out('', true), true],
    [out('eth1', false, true), false],
    [out('ppp', true, true), true],
  ])
})

/** Each term of the match true and false for the packet, with the term inverted too: xt_ipvs.c's every branch. */
const terms: [name: string, holding: Partial<IpvsSpec>, failing: Partial<IpvsSpec>][] = [
  ['--vproto', { protocol: number(6) }, { protocol: number(17) }],
  ['! --vproto', { protocol: number(17, true) }, { protocol: number(6, true) }],
  ['--vaddr', { address: prefix('10.0.0.100', -1) }, { address: prefix('10.0.0.101', -1) }],
  ['--vaddr net', { address: prefix('10.0.0.0', -256) }, { address: prefix('10.0.1.0', -256) }],
  ['! --vaddr', { address: prefix('!10.0.0.101', -1) }, { address: prefix('!10.0.0.100', -1) }],
  ['--vport', { port: number(80) }, { port: number(8080) }],
  ['! --vport', { port: number(8080, true) }, { port: number(80, true) }],
  ['--vdir', { original: true }, { original: false }],
  ['--vmethod', { method: number(0) }, { method: number(3) }],
  ['! --vmethod', { method: number(2, true) }, { method: number(0, true) }],
  ['--vportctl', { controlPort: number(21) }, { controlPort: number(22) }],
  ['! --vportctl', { controlPort: number(22, true) }, { controlPort: number(21, true) }],
]

test('-m ipvs: each term, plain and negated', () => {
  for (const [name, holding, failing] of terms) {
    assert.equal(matches(rule(Verdict.next, { ipvs: [ipvs(holding)] }), syn), true, name)
    assert.equal(matches(rule(Verdict.next, { ipvs: [ipvs(failing)] }), syn), false, `${name}, other value`)
  }
})

test('-m ipvs: terms are ANDed, within one match and over several', () => {
  for (const [name, holding, failing] of terms)
    for (const [other, also] of terms) {
      assert.equal(
        matches(rule(Verdict.next, { ipvs: [ipvs({ ...also, ...holding })] }), syn),
        true,
        `${name} ${other}`,
      )
      assert.equal(matches(rule(Verdict.next, { ipvs: [ipvs(also), ipvs(failing)] }), syn), false, `${name} ${other}`)
      assert.equal(matches(rule(Verdict.next, { ipvs: [ipvs(failing), ipvs(also)] }), syn), false, `${name} ${other}`)
    }
})

test('-m ipvs alone: every balanced packet is one, none is not', () => {
  holds([
    [{ ipvs: [ipvs()] }, true],
    [{ ipvs: [ipvs({ notIpvs: true })] }, false],
  ])
})

test('--vportctl of a connection nothing controls never equals, its negation always holds', () => {
  const alone = packet('10.0.0.2 172.16.0.11 10.0.0.100')
  holds(
    [
      [{ ipvs: [ipvs({ controlPort: number(21) })] }, false],
      [{ ipvs: [ipvs({ controlPort: number(0) })] }, false],
      [{ ipvs: [ipvs({ controlPort: number(21, true) })] }, true],
    ],
    alone,
  )
})

test('several ports at once: the source, the destination, either', () => {
  const at = (side: 'source' | 'destination' | 'either', invert: boolean, ...ports: number[]): Partial<RuleSpec> => ({
    ports: [
      {
        invert,
        source: side !== 'destination',
        destination: side !== 'source',
        spans: ports.map((port) => ({ invert: false, from: port, to: port })),
      },
    ],
  })
  holds([
    [at('source', false, 1, 40000), true],
    [at('source', false, 8080), false],
    [at('destination', false, 80, 8080), true],
    [at('destination', true, 80, 8080), false],
    [at('destination', true, 80, 443), true],
    [at('either', false, 40000), true],
    [at('either', false, 8080), true],
    [at('either', false, 80), false],
    [at('either', true, 80), true],
    [{ ports: [...at('source', false, 40000).ports!, ...at('destination', false, 80).ports!] }, false],
  ])
})

test('flags and options of TCP', () => {
  const options = new DataView(Uint8Array.of(2, 4, 5, 180, 1, 3, 3, 7, 4, 2).buffer)
  const segment = packet('10.0.0.2 172.16.0.11 10.0.0.100', { tcpFlags: 2, view: options, listTo: 10 })
  const flags = (mask: number, value: number, invert = false) => ({ tcpFlags: [{ invert, mask, value }] })
  holds(
    [
      [flags(0x17, 2), true],
      [flags(0x17, 2, true), false],
      [flags(0x12, 0x10), false],
      [flags(0, 2), false],
      [{ tcpOptions: [number(2)] }, true],
      [{ tcpOptions: [number(3)] }, true],
      [{ tcpOptions: [number(5)] }, false],
      [{ tcpOptions: [number(180, true)] }, true],
      [{ tcpOptions: [number(4), number(8, true)] }, true],
      [{ tcpOptions: [number(4), number(1, true)] }, false],
    ],
    segment,
  )
  holds([[{ tcpOptions: [number(2)] }, false]])
})

test('options that lie about their length end the search inside the header', () => {
  for (const bytes of [[3, 0, 9], [3, 200, 9], [3]]) {
    const view = new DataView(Uint8Array.from(bytes).buffer)
    const segment = packet('10.0.0.2 172.16.0.11 10.0.0.100', { view, listTo: bytes.length })
    holds([[{ tcpOptions: [number(7)] }, false]], segment)
  }
})

test('the mark, under a mask', () => {
  const mark = (value: number, mask: number, invert = false) => ({ marks: [{ invert, value, mask }] })
  holds(
    [
      [mark(0x80000001, 0xffffffff), true],
      [mark(1, 0xff), true],
      [mark(1, 0xff, true), false],
      [mark(2, 0xff), false],
      [mark(5, 1), false],
      [mark(0, 0), true],
    ],
    packet('10.0.0.2 172.16.0.11 10.0.0.100', { mark: 0x80000001 }),
  )
})

test('kinds of addresses: one of several for IPv4, all of them for IPv6', () => {
  const kinds = new AddressKinds({ local: [words('10.0.0.2'), words('2001:db8::2')], broadcast: [] })
  const isTrue = (source: boolean, bits: number, invert: boolean, asked: NatPacket) =>
    matches(rule(Verdict.next, { kinds: [{ source, kinds: bits, invert }] }), asked, kinds)
  const { unicast, local, multicast, routed, other } = Kind
  assert.equal(isTrue(true, local, false, syn), true)
  assert.equal(isTrue(true, local, true, syn), false)
  assert.equal(isTrue(true, local | unicast, false, syn), true)
  assert.equal(isTrue(false, local, false, syn), false)
  assert.equal(isTrue(false, unicast, false, syn), true)
  const six = packet('2001:db8::2 2001:db8::9 2001:db8::1')
  assert.equal(isTrue(true, local | unicast, false, six), true)
  assert.equal(isTrue(false, local | unicast, false, six), false)
  assert.equal(isTrue(false, multicast, true, six), true)
  for (const asked of [syn, six]) {
    assert.equal(isTrue(true, routed | other, false, asked), false)
    assert.equal(isTrue(true, routed | other, true, asked), true)
    assert.equal(isTrue(true, local | routed, false, asked), true)
  }
  assert.equal(isTrue(true, local | other, false, syn), true)
  assert.equal(isTrue(true, local | other, false, six), false)
})
