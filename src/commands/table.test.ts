import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Failure } from '../failure/failure.js'
import { ruleSpec } from '../model/fixture.js'
import type { RuleSpec, Target } from '../model/netfilter.js'
import { emptyState, type State } from '../model/state.js'
import { apply, applyAll } from './apply.js'
import type { TableChange, TableCommand } from './command.js'

const table = 'nat' as const
const family = 4 as const
const none: Target = { kind: 'NONE' }
const snat: Target = {
  kind: 'SNAT',
  addresses: { from: '192.0.2.10', to: '192.0.2.10' },
  ports: null,
  random: false,
  randomFully: false,
  persistent: false,
}
const masquerade: Target = { kind: 'MASQUERADE', ports: null, random: false, randomFully: false }
const jump = (chain: string, goto = false): Target => ({ kind: 'JUMP', chain, goto })

const rule = (target: Target = none, changes: Partial<RuleSpec> = {}): RuleSpec => ruleSpec(target, changes)
const from = (address: string, length = 32, invert = false): Partial<RuleSpec> => ({
  source: { invert, value: { address, length } },
})

const append = (chain: string, spec: RuleSpec, packets = 0, bytes = 0): TableChange => ({
  kind: 'rule.append',
  table,
  family,
  chain,
  rule: spec,
  packets,
  bytes,
})
const place = (kind: 'rule.insert' | 'rule.replace') => (name: string, at: number, spec: RuleSpec) =>
  ({ kind, table, family, chain: name, at, rule: spec, packets: 0, bytes: 0 }) as const
const insert = place('rule.insert')
const replace = place('rule.replace')
const remove = (chain: string, spec: RuleSpec): TableChange => ({
  kind: 'rule.delete',
  table,
  family,
  chain,
  rule: spec,
})
const removeAt = (chain: string, at: number): TableChange => ({ kind: 'rule.deleteAt', table, family, chain, at })
const check = (chain: string, spec: RuleSpec): TableChange => ({ kind: 'rule.check', table, family, chain, rule: spec })
const make = (chain: string): TableChange => ({ kind: 'chain.new', table, family, chain })
const restore = (chain: string): TableChange => ({ kind: 'chain.restore', table, family, chain })
const drop = (chain: string | null): TableChange => ({ kind: 'chain.delete', table, family, chain })
const rename = (chain: string, to: string): TableChange => ({ kind: 'chain.rename', table, family, chain, to })
const flush = (chain: string | null): TableChange => ({ kind: 'chain.flush', table, family, chain })
const zero = (chain: string | null, at: number | null = null): TableChange => ({
  kind: 'chain.zero',
  table,
  family,
  chain,
  at,
})
const policy = (chain: string, value: 'ACCEPT' | 'DROP', counters: { packets: number; bytes: number } | null = null) =>
  ({ kind: 'chain.policy', table, family, chain, policy: value, counters }) as const
const batch = (flushed: boolean, ...changes: TableChange[]): TableCommand => ({
  kind: 'table.batch',
  table,
  family,
  flush: flushed,
  changes,
})

const run = (...commands: TableCommand[]): State => commands.reduce<State>(apply, emptyState())
const on = (state: State, ...commands: TableCommand[]): State => commands.reduce<State>(apply, state)

function failure(state: State, command: TableCommand): Failure {
  try {
    apply(state, command)
  } catch (error) {
    assert.ok(error instanceof Failure)
    return error
  }
  assert.fail(`${command.kind} was applied`)
}
const code = (state: State, command: TableCommand): string => failure(state, command).code

const chain = (state: State, name: string) => state.nat.v4.chains.find((one) => one.name === name)!
const sources = (state: State, name = 'POSTROUTING') =>
  chain(state, name).rules.map((one) => one.source?.value.address ?? one.target.kind)
const names = (state: State) => state.nat.v4.chains.map((one) => one.name).slice(4)

test('rules are appended, inserted, replaced and deleted by position', () => {
  const state = run(
    append('POSTROUTING', rule(none, from('10.0.0.1'))),
    append('POSTROUTING', rule(none, from('10.0.0.2'))),
    insert('POSTROUTING', 1, rule(none, from('10.0.0.3'))),
    insert('POSTROUTING', 4, rule(none, from('10.0.0.4'))),
    replace('POSTROUTING', 2, rule(none, from('10.0.0.5'))),
  )
  assert.deepEqual(sources(state), ['10.0.0.3', '10.0.0.5', '10.0.0.2', '10.0.0.4'])
  assert.deepEqual(sources(on(state, removeAt('POSTROUTING', 2))), ['10.0.0.3', '10.0.0.2', '10.0.0.4'])
  assert.equal(code(state, insert('POSTROUTING', 6, rule())), 'index-insertion')
  assert.equal(code(state, replace('POSTROUTING', 5, rule())), 'index-replacement')
  assert.equal(code(state, removeAt('POSTROUTING', 5)), 'index-deletion')
  assert.deepEqual([state.revision, state.nextId], [5, 105])
  assert.deepEqual(
    chain(state, 'POSTROUTING').rules.map((one) => one.id),
    [102, 104, 101, 103],
  )
})

test('the state given stays as it was, and what did not change is shared', () => {
  const before = run(make('web'), append('web', rule()), append('POSTROUTING', rule()))
  const copy = structuredClone(before)
  const after = on(before, append('POSTROUTING', rule()), zero(null), flush('web'), rename('web', 'site'))
  assert.deepEqual(before, copy)
  const one = apply(before, append('POSTROUTING', rule()))
  assert.equal(chain(one, 'web'), chain(before, 'web'))
  assert.equal(one.nat.v6, before.nat.v6)
  assert.equal(after.services, before.services)
})

test('-D takes the first rule that is the same, -C finds one, counters aside', () => {
  const state = run(
    append('POSTROUTING', rule(none, from('10.0.0.1'))),
    append('POSTROUTING', rule(snat, from('10.0.0.2')), 7, 8),
    append('POSTROUTING', rule(snat, from('10.0.0.2'))),
  )
  const after = apply(state, remove('POSTROUTING', rule(snat, from('10.0.0.2'))))
  assert.deepEqual(
    chain(after, 'POSTROUTING').rules.map((one) => one.id),
    [100, 102],
  )
  assert.equal(apply(state, check('POSTROUTING', rule(snat, from('10.0.0.2')))), state)
  for (const other of [
    rule(snat, from('10.0.0.2', 31)),
    rule(snat, from('10.0.0.2', 32, true)),
    rule({ ...snat, persistent: true }, from('10.0.0.2')),
    rule(snat, { ...from('10.0.0.2'), matches: [{ kind: 'comment', text: 'x' }] }),
  ])
    assert.equal(code(state, check('POSTROUTING', other)), 'rule-missing')
})

test('the order of matches counts, that of an object’s fields does not', () => {
  const a = { kind: 'comment', text: 'a' } as const
  const b = { text: 'b', kind: 'comment' } as const
  const state = run(append('POSTROUTING', rule(none, { matches: [a, b] })))
  assert.equal(apply(state, check('POSTROUTING', rule(none, { matches: [a, { kind: 'comment', text: 'b' }] }))), state)
  assert.equal(code(state, check('POSTROUTING', rule(none, { matches: [b, a] }))), 'rule-missing')
})

test('goto and jump are different rules', () => {
  const state = run(make('web'), append('POSTROUTING', rule(jump('web'))))
  assert.equal(code(state, remove('POSTROUTING', rule(jump('web', true)))), 'rule-missing')
})

test('a missing chain, and a missing chain to jump to, are told apart', () => {
  const state = emptyState()
  const facts = (command: TableCommand) => failure(state, command).facts
  for (const command of [append('web', rule()), flush('web'), zero('web'), drop('web'), rename('web', 'site')])
    assert.deepEqual([code(state, command), facts(command)], ['chain-missing', { chain: 'web' }], command.kind)
  for (const act of [append, remove, check])
    assert.deepEqual(facts(act('nosuch', rule(jump('web')))), { chain: 'web', role: 'target' })
})

test('chains are made, renamed with the jumps to them, and deleted when nothing needs them', () => {
  const state = run(make('web'), append('web', rule(snat)), append('POSTROUTING', rule(jump('web'))))
  assert.equal(code(state, make('web')), 'chain-exists')
  assert.equal(code(state, make('POSTROUTING')), 'chain-exists')
  assert.equal(code(state, rename('web', 'POSTROUTING')), 'chain-exists')
  assert.equal(code(state, rename('POSTROUTING', 'post')), 'chain-builtin')
  const renamed = apply(state, rename('web', 'site'))
  assert.deepEqual(chain(renamed, 'POSTROUTING').rules[0].target, jump('site'))
  assert.equal(chain(renamed, 'site').id, chain(state, 'web').id)
  assert.deepEqual(failure(renamed, drop('site')).facts, { chain: 'site' })
  const flushed = on(renamed, flush('site'))
  assert.equal(code(flushed, drop('site')), 'chain-busy')
  assert.deepEqual(names(on(flushed, flush(null), drop('site'))), [])
})

test('-X without a name deletes every user chain or none', () => {
  const state = run(make('b'), make('a'), make('c'), append('a', rule()))
  assert.deepEqual(failure(state, drop(null)).facts, { chain: 'a' })
  assert.deepEqual(names(state), ['b', 'a', 'c'])
  assert.deepEqual(names(on(state, flush('a'), drop(null))), [])
})

test('a built-in chain is never deleted', () => {
  const state = run(append('POSTROUTING', rule()))
  assert.equal(code(state, drop('POSTROUTING')), 'chain-busy')
  assert.equal(apply(state, drop('INPUT')), state)
})

test('SNAT stands in POSTROUTING and INPUT, MASQUERADE in POSTROUTING', () => {
  const state = emptyState()
  for (const [name, first, second] of [
    ['PREROUTING', 'no', 'no'],
    ['INPUT', 'yes', 'no'],
    ['OUTPUT', 'no', 'no'],
    ['POSTROUTING', 'yes', 'yes'],
  ] as const) {
    const answer = (target: Target) => {
      if (applyAll(state, [append(name, rule(target))]).results[0] === null) return 'yes'
      assert.deepEqual(failure(state, append(name, rule(target))).facts, { chain: name })
      return code(state, append(name, rule(target))) === 'target-misplaced' ? 'no' : 'other'
    }
    assert.deepEqual([answer(snat), answer(masquerade)], [first, second], name)
  }
})

test('a translation may not come into reach of a chain that forbids it, whichever rule is made last', () => {
  const translating = run(
    make('web'),
    make('deep'),
    append('deep', rule(masquerade)),
    append('web', rule(jump('deep'))),
  )
  assert.deepEqual(failure(translating, append('OUTPUT', rule(jump('web')))).facts, { chain: 'OUTPUT' })
  assert.equal(code(translating, append('INPUT', rule(jump('web', true)))), 'target-misplaced')
  assert.equal(on(translating, append('POSTROUTING', rule(jump('web')))).revision, 5)
  const reached = run(make('web'), make('deep'), append('OUTPUT', rule(jump('web'))), append('web', rule(jump('deep'))))
  assert.deepEqual(failure(reached, append('deep', rule(masquerade))).facts, { chain: 'deep' })
  assert.equal(on(reached, flush('OUTPUT'), append('deep', rule(masquerade))).revision, 6)
})

test('a circle is refused where a packet would go in it', () => {
  const apart = run(make('a'), make('b'), append('a', rule(jump('b'))), append('b', rule(jump('a'))))
  assert.equal(code(apart, append('POSTROUTING', rule(jump('a')))), 'target-loop')
  assert.equal(code(apart, append('b', rule(jump('a')))), 'target-loop')
  assert.equal(apply(apart, append('a', rule())).revision, 5)
  const own = run(make('a'), make('b'), append('a', rule(jump('a'))))
  assert.equal(code(own, append('b', rule(jump('a')))), 'target-loop')
  const joined = run(make('a'), make('b'), append('POSTROUTING', rule(jump('a'))), append('a', rule(jump('b'))))
  for (const target of ['a', 'b'])
    assert.equal(code(joined, append('b', rule(jump(target, target === 'a')))), 'target-loop')
  assert.equal(code(joined, append('b', rule(jump('POSTROUTING')))), 'chain-builtin')
})

test('a packet passes 15 user chains, not 16', () => {
  const chains = Array.from({ length: 17 }, (_, i) => `c${i + 1}`)
  let state = run(...chains.map(make), append('POSTROUTING', rule(jump('c1'))))
  for (let i = 1; i < 15; i++) state = apply(state, append(`c${i}`, rule(jump(`c${i + 1}`))))
  assert.equal(code(state, append('c15', rule(jump('c16')))), 'target-loop')
  const below = run(...chains.map(make), ...chains.slice(1, 16).map((name, i) => append(chains[i], rule(jump(name)))))
  assert.equal(code(below, append('POSTROUTING', rule(jump('c1')))), 'target-loop')
  assert.equal(apply(below, append('POSTROUTING', rule(jump('c2')))).revision, below.revision + 1)
})

test('rules that could never match, or that no packet fits, are refused', () => {
  const tcp = { protocol: { invert: false, value: 6 } }
  const port = {
    kind: 'tcp',
    source: null,
    destination: { invert: false, value: { from: 80, to: 80 } },
    flags: null,
    option: null,
  } as const
  const ports = { from: 1024, to: 2048 }
  const bad = [
    rule(none, from('0.0.0.0', 0, true)),
    rule(none, from('2001:db8::1')),
    rule(none, from('10.0.0.0', 33)),
    rule(none, { protocol: { invert: true, value: 0 } }),
    rule(none, { matches: [port] }),
    rule(none, { protocol: { invert: true, value: 6 }, matches: [port] }),
    rule({ ...masquerade, ports }),
    rule({ ...snat, addresses: null }),
    rule({ ...snat, addresses: { from: '192.0.2.1', to: '2001:db8::1' } }),
  ]
  for (const one of bad) assert.equal(code(emptyState(), append('POSTROUTING', one)), 'bad-request')
  assert.equal(run(append('POSTROUTING', rule({ ...snat, ports }, { ...tcp, matches: [port] }))).revision, 1)
})

test('policies: ACCEPT alone, and only of built-in chains', () => {
  const state = run(make('web'))
  assert.equal(code(state, policy('POSTROUTING', 'DROP')), 'drop-in-nat')
  assert.equal(code(state, policy('web', 'ACCEPT')), 'chain-builtin')
  assert.equal(code(state, policy('nosuch', 'ACCEPT')), 'chain-builtin')
  assert.equal(apply(state, policy('POSTROUTING', 'ACCEPT')), state)
})

test('-Z: rules begin to count from zero again', () => {
  const state = run(append('POSTROUTING', rule(), 5, 6), append('POSTROUTING', rule(), 7, 8), make('web'))
  const counts = (after: State) => chain(after, 'POSTROUTING').rules.map((one) => [one.id, one.packets, one.bytes])
  assert.deepEqual(counts(apply(state, zero('POSTROUTING', 2))), [
    [100, 5, 6],
    [101, 0, 0],
  ])
  assert.deepEqual(counts(apply(state, zero(null))), [
    [100, 0, 0],
    [101, 0, 0],
  ])
  for (const command of [zero('POSTROUTING', 3), zero('web'), policy('INPUT', 'ACCEPT', { packets: 9, bytes: 1 })])
    assert.equal(apply(state, command), state)
})

test('a batch applies whole or not at all, and says which of its changes failed', () => {
  const state = run(append('POSTROUTING', rule(none, from('10.0.0.1'))))
  const after = apply(state, batch(false, make('web'), append('web', rule()), append('POSTROUTING', rule(jump('web')))))
  assert.deepEqual([sources(after), after.revision], [['10.0.0.1', 'JUMP'], 2])
  const failed = failure(state, batch(false, make('web'), append('PREROUTING', rule(snat)), make('web')))
  assert.deepEqual([failed.code, failed.facts], ['target-misplaced', { chain: 'PREROUTING', index: 1 }])
})

test('a flushing batch begins with an empty table: no rule keeps its id or its counters', () => {
  const state = run(append('POSTROUTING', rule(), 5, 6), make('web'))
  const command = batch(
    true,
    policy('POSTROUTING', 'ACCEPT', { packets: 1, bytes: 2 }),
    append('POSTROUTING', rule(), 3, 4),
  )
  const after = apply(state, command)
  assert.deepEqual(names(after), [])
  assert.deepEqual(
    chain(after, 'POSTROUTING').rules.map((one) => [one.id, one.packets, one.bytes]),
    [[102, 3, 4]],
  )
  assert.equal(apply(emptyState(), batch(true)).revision, 0)
})

test('a :CHAIN line makes a user chain or empties it, and leaves the others alone', () => {
  const state = run(make('web'), append('web', rule()), append('POSTROUTING', rule(jump('web'))))
  const after = apply(state, batch(false, restore('web'), restore('site'), append('web', rule(none, from('10.0.0.1')))))
  assert.deepEqual([names(after), sources(after, 'web'), sources(after)], [['web', 'site'], ['10.0.0.1'], ['JUMP']])
  assert.equal(chain(after, 'web').id, chain(state, 'web').id)
})

test('the two families have a table each', () => {
  const state = run({ ...append('POSTROUTING', rule()), family: 6 })
  assert.deepEqual([state.nat.v4.chains[3].rules.length, state.nat.v6.chains[3].rules.length], [0, 1])
})

test('10 000 rules in one batch cost under a second of CPU, as changes and as commands', () => {
  const chains = ['web', 'mail'].map(make)
  const rules = Array.from({ length: 10_000 }, (_, i) => append(i & 1 ? 'web' : 'POSTROUTING', rule(snat)))
  for (const commands of [[batch(true, ...chains, ...rules)], [...chains, ...rules]]) {
    const begun = process.cpuUsage()
    const { state, results } = applyAll(emptyState(), commands)
    const { user, system } = process.cpuUsage(begun)
    assert.ok(results.every((result) => result === null))
    assert.equal(chain(state, 'POSTROUTING').rules.length, 5000)
    assert.ok(user + system < 1_000_000, `${(user + system) / 1000} ms`)
  }
})
