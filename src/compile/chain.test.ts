import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parse } from '../address/words.js'
import { ruleSpec } from '../model/fixture.js'
import type {
  Chain,
  IpvsMatch,
  MasqueradeTarget,
  Rule,
  RuleTable,
  SctpMatch,
  SnatTarget,
  Target,
  TcpMatch,
} from '../model/netfilter.js'
import { emptyTable } from '../model/state.js'
import { Verdict } from '../nat/chain.js'
import { NatPacket } from '../nat/packet.js'
import { Binding, NatChains } from '../nat/walk.js'
import * as chain from './chain.js'

const compileChains = (table: RuleTable) => chain.compileChains(table, 'POSTROUTING')

let id = 100

const rule = (changes: Partial<Rule> = {}): Rule => ({
  ...ruleSpec({ kind: 'NONE' }),
  id: id++,
  packets: 0,
  bytes: 0,
  ...changes,
})

const snat = (changes: Partial<SnatTarget> = {}): SnatTarget => ({
  kind: 'SNAT',
  addresses: { from: '192.0.2.10', to: '192.0.2.10' },
  ports: null,
  random: false,
  randomFully: false,
  persistent: false,
  ...changes,
})

const masquerade = (changes: Partial<MasqueradeTarget> = {}): MasqueradeTarget => ({
  kind: 'MASQUERADE',
  ports: null,
  random: false,
  randomFully: false,
  ...changes,
})

const ipvs = (changes: Partial<IpvsMatch> = {}): IpvsMatch => ({
  kind: 'ipvs',
  ipvs: null,
  protocol: null,
  address: null,
  port: null,
  direction: null,
  method: null,
  controlPort: null,
  ...changes,
})

const sctpOn = (port: number): SctpMatch => ({
  ...{ kind: 'sctp', source: null, chunks: null },
  destination: is({ from: port, to: port }),
})

const tcp = (changes: Partial<TcpMatch>): TcpMatch => ({
  kind: 'tcp',
  source: null,
  destination: null,
  flags: null,
  option: null,
  ...changes,
})

const user = (name: string, rules: Rule[]): Chain => ({ id: id++, name, policy: null, rules })
const jump = (chain: string, goto = false): Target => ({ kind: 'JUMP', chain, goto })
const is = <T>(value: T) => ({ invert: false, value })
const not = <T>(value: T) => ({ invert: true, value })

function table(family: 4 | 6, rules: Rule[], ...chains: Chain[]): RuleTable {
  const empty = emptyTable('nat', family)
  const builtin = empty.chains.map((chain) => (chain.name === 'POSTROUTING' ? { ...chain, rules } : chain))
  return { ...empty, chains: [...builtin, ...chains] }
}

/** Whether a rule so changed takes the article's first packet. */
function takes(changes: Partial<Rule>, packet: Partial<NatPacket> = {}): boolean {
  const chains = compileChains(table(4, [rule({ ...changes, target: snat() })]))
  const syn = Object.assign(new NatPacket(), { protocol: 6, sourcePort: 40000, destinationPort: 8080, virtualPort: 80 })
  syn.words.set(['192.0.2.100', '192.0.2.21', '192.0.2.45'].flatMap((text) => [...parse(text)!]))
  return new NatChains(chains, []).walk(Object.assign(syn, { outInterface: 'eth0', ...packet })).kind === Binding.snat
}

const host = (address: string, length: number | string = 32) => ({ address, length })

test('an empty table is POSTROUTING and its policy', () => {
  assert.deepEqual(compileChains(emptyTable('nat', 4)), [
    { id: 4, name: 'POSTROUTING', policy: Verdict.accept, rules: [] },
  ])
  assert.deepEqual(compileChains(emptyTable('nat', 6)), [
    { id: 8, name: 'POSTROUTING', policy: Verdict.accept, rules: [] },
  ])
})

test("the article's rule", () => {
  const made = rule({
    matches: [ipvs({ address: is(host('192.0.2.45')), port: is(80) })],
    target: snat(),
    packets: 4,
    bytes: 240,
  })
  assert.deepEqual(compileChains(table(4, [made]))[0].rules, [
    {
      id: made.id,
      never: false,
      protocol: null,
      source: null,
      destination: null,
      inInterface: null,
      outInterface: null,
      sourcePorts: [],
      destinationPorts: [],
      ports: [],
      tcpFlags: [],
      tcpOptions: [],
      chunks: [],
      marks: [],
      kinds: [],
      ipvs: [
        {
          bare: false,
          notIpvs: false,
          protocol: null,
          address: { invert: false, value: parse('192.0.2.45'), mask: [-1, -1, -1, -1] },
          port: { invert: false, value: 80 },
          original: true,
          method: null,
          controlPort: null,
        },
      ],
      verdict: Verdict.snat,
      chain: -1,
      sourceSpec: {
        first: parse('192.0.2.10'),
        last: parse('192.0.2.10'),
        firstPort: 0,
        lastPort: 0,
        random: false,
        persistent: false,
        pool: 'nat POSTROUTING rule 1 (192.0.2.10)',
      },
      markSpec: null,
      packets: 4,
      bytes: 240,
    },
  ])
})

test('only POSTROUTING and what it reaches, jumps by index', () => {
  const made = table(
    4,
    [rule({ target: jump('b') }), rule({ target: jump('c', true) })],
    user('a', [rule({ target: snat() })]),
    user('b', [rule({ target: jump('c') }), rule({ target: { kind: 'RETURN' } })]),
    user('c', [rule({ target: { kind: 'ACCEPT' } })]),
  )
  made.chains.find(({ name }) => name === 'OUTPUT')!.rules.push(rule({ target: jump('a') }))
  const compiled = compileChains(made)
  assert.deepEqual(
    compiled.map(({ name, policy, rules }) => [
      name,
      policy,
      ...rules.map(({ verdict, chain }) => `${verdict}:${chain}`),
    ]),
    [
      ['POSTROUTING', Verdict.accept, `${Verdict.jump}:1`, `${Verdict.goto}:2`],
      ['b', Verdict.return, `${Verdict.jump}:2`, `${Verdict.return}:-1`],
      ['c', Verdict.return, `${Verdict.accept}:-1`],
    ],
  )
})

test('policy DROP', () => {
  const made = emptyTable('nat', 4)
  made.chains[3].policy = 'DROP'
  assert.equal(compileChains(made)[0].policy, Verdict.drop)
})

test('pools are named as -L prints them, after the rule they stand in', () => {
  const six = { from: '2001:db8::5', to: '2001:db8::9' }
  const spans = { ports: { from: 1024, to: 2048 } }
  const named: [Target, string][] = [
    [snat(), '192.0.2.10'],
    [snat({ addresses: { from: '192.0.2.10', to: '192.0.2.12' }, ...spans }), '192.0.2.10-192.0.2.12:1024-2048'],
    [snat({ addresses: six }), '2001:db8::5-2001:db8::9'],
    [snat({ addresses: six, ...spans }), '[2001:db8::5]-[2001:db8::9]:1024-2048'],
    [snat({ addresses: null, ports: { from: 4000, to: 4000 } }), ':4000'],
    [masquerade(), 'MASQUERADE'],
    [masquerade(spans), 'MASQUERADE:1024-2048'],
  ]
  const rules = named.map(([target]) => rule({ target }))
  const compiled = compileChains(table(4, [rule({ target: jump('web') })], user('web', rules)))
  assert.deepEqual(
    compiled[1].rules.map(({ sourceSpec }) => sourceSpec!.pool),
    named.map(([, text], i) => `nat web rule ${i + 1} (${text})`),
  )
})

test('the options of SNAT and MASQUERADE', () => {
  const of = (target: Target) => compileChains(table(4, [rule({ target })]))[0].rules[0].sourceSpec!
  assert.deepEqual([of(snat()).random, of(snat()).persistent], [false, false])
  assert.equal(of(snat({ random: true })).random, true)
  assert.equal(of(snat({ randomFully: true })).random, true)
  assert.equal(of(snat({ persistent: true })).persistent, true)
  assert.deepEqual(of(snat({ addresses: null, ports: { from: 5, to: 6 } })).first, null)
  const masked = of(masquerade({ randomFully: true, ports: { from: 5, to: 6 } }))
  assert.deepEqual([masked.first, masked.random, masked.firstPort, masked.lastPort], [null, true, 5, 6])
})

test('addresses: prefixes, masks with holes, host bits, negation, both families', () => {
  assert.equal(takes({ source: is(host('192.0.2.100')) }), true)
  assert.equal(takes({ source: is(host('192.0.2.0', 24)) }), true)
  assert.equal(takes({ source: is(host('192.0.2.7', 24)) }), true, 'host bits do not count')
  assert.equal(takes({ source: is(host('192.0.3.0', 24)) }), false)
  assert.equal(takes({ source: not(host('192.0.3.0', 24)) }), true)
  assert.equal(takes({ source: is(host('0.0.0.0', 0)) }), true)
  assert.equal(takes({ source: is(host('192.9.9.100', '255.0.0.255')) }), true)
  assert.equal(takes({ source: is(host('192.9.9.101', '255.0.0.255')) }), false)
  assert.equal(takes({ destination: is(host('192.0.2.21')) }), true)
  assert.equal(takes({ destination: is(host('192.0.2.45')) }), false)
  const six = (length: number | string) =>
    compileChains(table(6, [rule({ source: is({ address: '2001:db8::ff:0:0:1', length }) })]))[0].rules[0].source!
  assert.deepEqual(six(64).mask, [-1, -1, 0, 0])
  assert.deepEqual(six(0).mask, [0, 0, 0, 0])
  assert.deepEqual(six(128).value, parse('2001:db8::ff:0:0:1'))
  assert.deepEqual(six(33).mask, [-1, -0x80000000, 0, 0])
  assert.deepEqual(six('ffff::ffff').mask, parse('ffff::ffff'))
})

test('protocol and ports', () => {
  const span = (from: number, to: number) => ({ from, to })
  assert.equal(takes({ protocol: is(6) }), true)
  assert.equal(takes({ protocol: not(6) }), false)
  assert.equal(takes({ protocol: is(6), matches: [tcp({ source: is(span(40000, 40000)) })] }), true)
  assert.equal(takes({ protocol: is(6), matches: [tcp({ source: not(span(40000, 40000)) })] }), false)
  assert.equal(takes({ protocol: is(6), matches: [tcp({ destination: is(span(8000, 8079)) })] }), false)
  const two = [tcp({ destination: is(span(8000, 9000)) }), tcp({ destination: not(span(8080, 8080)) })]
  assert.equal(takes({ protocol: is(6), matches: two }), false, 'two port matches of one rule both count')
  const sctp = { protocol: is(132), matches: [sctpOn(8080)] }
  assert.equal(takes(sctp, { protocol: 132 }), true)
  assert.equal(takes(sctp), false)
  assert.equal(takes({ matches: [{ kind: 'comment', text: 'sport dport' }] }), true)
})

test('interfaces; the input one is unknown at POSTROUTING, and no packet is a later fragment', () => {
  assert.equal(takes({ outInterface: is('eth0') }), true)
  assert.equal(takes({ outInterface: is('eth+') }), true)
  assert.equal(takes({ outInterface: is('+') }), true)
  assert.equal(takes({ outInterface: is('eth') }), false)
  assert.equal(takes({ outInterface: not('eth+') }), false)
  assert.equal(takes({ outInterface: not('ppp+') }), true)
  assert.equal(takes({ inInterface: is('eth0') }), false)
  assert.equal(takes({ inInterface: not('eth0') }), true)
  assert.equal(takes({ inInterface: is('+') }), true)
  assert.equal(takes({ inInterface: not('+') }), false)
  assert.equal(takes({ fragment: { invert: false } }), false)
  assert.equal(takes({ fragment: { invert: true } }), true)
})

test('-m ipvs, every term and its negation, through the walk', () => {
  const cases: [Partial<IpvsMatch>, boolean][] = [
    [{ ipvs: { invert: false } }, true],
    [{ ipvs: { invert: true } }, false],
    [{ protocol: is(6) }, true],
    [{ protocol: is(17) }, false],
    [{ protocol: not(6) }, false],
    [{ protocol: not(17) }, true],
    [{ address: is(host('192.0.2.45')) }, true],
    [{ address: is(host('192.0.2.46')) }, false],
    [{ address: not(host('192.0.2.45')) }, false],
    [{ address: not(host('192.0.2.46')) }, true],
    [{ address: is(host('192.0.2.7', 24)) }, true],
    [{ address: is(host('192.0.2.45', '255.255.0.255')) }, true],
    [{ port: is(80) }, true],
    [{ port: is(8080) }, false],
    [{ port: not(80) }, false],
    [{ port: not(8080) }, true],
    [{ direction: 'ORIGINAL' }, true],
    [{ direction: 'REPLY' }, false],
    [{ method: is('MASQ') }, true],
    [{ method: is('IPIP') }, false],
    [{ method: is('GATE') }, false],
    [{ method: not('MASQ') }, false],
    [{ method: not('IPIP') }, true],
    [{ method: not('GATE') }, true],
    [{ controlPort: is(21) }, false],
    [{ controlPort: not(21) }, true],
    [{ ipvs: { invert: false }, direction: 'ORIGINAL', method: is('MASQ') }, true],
    [{ ipvs: { invert: false }, direction: 'ORIGINAL', method: is('GATE') }, false],
    [{ address: is(host('192.0.2.45')), port: is(80) }, true],
    [{ address: is(host('192.0.2.45')), port: is(81) }, false],
  ]
  for (const [changes, expected] of cases)
    assert.equal(takes({ matches: [ipvs(changes)] }), expected, JSON.stringify(changes))
  const controlled = { controlPort: 21 }
  assert.equal(takes({ matches: [ipvs({ controlPort: is(21) })] }, controlled), true)
  assert.equal(takes({ matches: [ipvs({ controlPort: not(21) })] }, controlled), false)
  for (const [method, number] of [
    ['MASQ', 0],
    ['IPIP', 2],
    ['GATE', 3],
  ] as const)
    assert.equal(takes({ matches: [ipvs({ method: is(method) })] }, { method: number }), true)
  assert.equal(
    takes({ matches: [ipvs({ method: not('MASQ') })] }, { method: 1 }),
    true,
    'local is no method of the option',
  )
})
