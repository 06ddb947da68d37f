import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ChainSpec, RuleSpec } from './chain.js'
import { Verdict } from './chain.js'
import { chains, goto, jump, packet, rule, snat } from './fixture.js'
import { Binding, NatChains } from './walk.js'

const syn = packet('10.0.0.2 172.16.0.11 10.0.0.100')
const never = (spec: RuleSpec): RuleSpec => ({ ...spec, never: true })

/** The pool the packet ends in, or how else the walk ends. */
function walked(v4: ChainSpec[]): string {
  const { kind, source } = new NatChains(v4, []).walk(syn)
  return source?.pool ?? Object.keys(Binding).find((name) => Binding[name as keyof typeof Binding] === kind)!
}

const a = '192.0.2.1'
const b = '192.0.2.2'

test('the first rule that decides wins', () => {
  assert.equal(walked(chains([snat(a), snat(b)])), `pool ${a}`)
  assert.equal(walked(chains([never(snat(a)), snat(b)])), `pool ${b}`)
  assert.equal(walked(chains([rule(Verdict.next), snat(a)])), `pool ${a}`)
  assert.equal(walked(chains([rule(Verdict.accept), snat(a)])), 'none')
  assert.equal(walked(chains([rule(Verdict.return), snat(a)])), 'none')
  assert.equal(walked(chains([rule(Verdict.drop), snat(a)])), 'drop')
  assert.equal(walked(chains([])), 'none')
  assert.equal(walked([]), 'none')
})

test('masquerade comes with its source', () => {
  const masquerade = snat('', { verdict: Verdict.masquerade })
  const result = new NatChains(chains([masquerade]), []).walk(syn)
  assert.deepEqual(result, { kind: Binding.masquerade, source: masquerade.sourceSpec })
})

test('a jump comes back behind itself, at any depth, a chain may be used twice', () => {
  assert.equal(walked(chains([jump(1), snat(b)], [snat(a)])), `pool ${a}`)
  assert.equal(walked(chains([jump(1), snat(b)], [never(snat(a))])), `pool ${b}`)
  assert.equal(walked(chains([jump(1), snat(b)], [rule(Verdict.return), snat(a)])), `pool ${b}`)
  assert.equal(walked(chains([jump(1), snat(b)], [jump(2), snat(a)], [])), `pool ${a}`)
  assert.equal(walked(chains([jump(1), jump(1), snat(b)], [jump(2), jump(2)], [rule(Verdict.next)])), `pool ${b}`)
  assert.equal(walked(chains([jump(1), snat(b)], [rule(Verdict.accept)])), 'none')
})

test('goto leaves no way back to the chain it stands in', () => {
  assert.equal(walked(chains([goto(1), snat(b)], [])), 'none')
  assert.equal(walked(chains([goto(1), snat(b)], [snat(a)])), `pool ${a}`)
  assert.equal(walked(chains([jump(1), snat(b)], [goto(2), snat(a)], [])), `pool ${b}`)
  assert.equal(walked(chains([jump(1), snat(b)], [goto(2), snat(a)], [rule(Verdict.return)])), `pool ${b}`)
})

test('what no rule decides meets the policy of POSTROUTING', () => {
  const [first, user] = chains([goto(1)], [])
  assert.equal(walked([{ ...first, policy: Verdict.drop }, user]), 'drop')
  assert.equal(walked([{ ...first, policy: Verdict.drop, rules: [rule(Verdict.accept)] }]), 'none')
})

test('each family walks its own chains', () => {
  const nat = new NatChains(
    chains([snat(a)]),
    chains([snat('2001:db8::1')]).map((c) => ({ ...c, id: 5 })),
  )
  assert.equal(nat.walk(syn).source?.pool, `pool ${a}`)
  assert.equal(nat.walk(packet('2001:db8::2 2001:db8::3 2001:db8::4')).source?.pool, 'pool 2001:db8::1')
})

test('every rule that holds counts, and the policy what reaches it', () => {
  const rules = [rule(Verdict.next), never(snat(a)), jump(1), snat(b), rule(Verdict.next)]
  const inner = [rule(Verdict.next), rule(Verdict.return), rule(Verdict.next)]
  const v4 = chains(rules, inner)
  const nat = new NatChains(v4, [])
  const of = (id: number) => nat.counters().find((counter) => counter.id === id)
  nat.walk(syn)
  nat.walk(packet('10.0.0.3 172.16.0.11 10.0.0.100', { bytes: 40 }))
  const twice = { packets: 2, bytes: 100 }
  const none = { packets: 0, bytes: 0 }
  const expected = [twice, none, twice, twice, none, twice, twice, none]
  assert.deepEqual(
    [...rules, ...inner].map(({ id }) => of(id)),
    [...rules, ...inner].map(({ id }, i) => ({ id, ...expected[i] })),
  )
  assert.deepEqual(of(1), { id: 1, ...none }, 'no packet reached the policy')
  assert.equal(of(2), undefined, 'a user chain has no policy')
  const through = new NatChains(chains([goto(1)], [rule(Verdict.return)]), [])
  through.walk(syn)
  assert.deepEqual(
    through.counters().find(({ id }) => id === 1),
    { id: 1, packets: 1, bytes: 60 },
  )
})

test('counters start where the rule says and live on by id over an install', () => {
  const kept = snat(a, { packets: 5, bytes: 300 })
  const gone = rule(Verdict.next)
  const before = new NatChains(chains([gone, kept]), [])
  before.walk(syn)
  const made = rule(Verdict.next, { packets: 7, bytes: 8 })
  const after = new NatChains(chains([made, kept]), [])
  after.setCounters(before.counters())
  assert.deepEqual(
    after.counters().sort((x, y) => x.id - y.id),
    [
      { id: 1, packets: 0, bytes: 0 },
      { id: kept.id, packets: 6, bytes: 360 },
      { id: made.id, packets: 7, bytes: 8 },
    ],
  )
})

test('a mark is made on the way, seen by later rules, and the walk goes on', () => {
  const mark = (value: number, mask = 0xffffffff) => rule(Verdict.mark, { markSpec: { value, mask } })
  const marked = (...rules: RuleSpec[]): number => {
    const asked = packet('10.0.0.2 172.16.0.11 10.0.0.100')
    new NatChains(chains(rules), []).walk(asked)
    return asked.mark
  }
  const if1 = { marks: [{ invert: false, value: 1, mask: 0xffffffff }] }
  assert.equal(marked(), 0)
  assert.equal(marked(mark(0xffffffff)), 0xffffffff, 'marks are unsigned')
  assert.equal(marked(mark(0x12), mark(0x1, 0xf)), 0x11)
  assert.equal(marked(mark(3), mark(1, 0)), 2, 'with no bit cleared it is an exclusive or')
  assert.equal(marked(mark(1), rule(Verdict.accept, if1), mark(2)), 1)
  assert.equal(marked(mark(3), rule(Verdict.accept, if1), mark(2)), 2)
})
