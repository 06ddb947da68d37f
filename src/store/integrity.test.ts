import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ruleSpec } from '../model/fixture.js'
import type { Rule, RuleSpec } from '../model/netfilter.js'
import { emptyState, type State } from '../model/state.js'
import { integrity } from './integrity.js'
import * as shape from './shape.js'

const rule = (id: number, target: RuleSpec['target']): Rule => ({ ...ruleSpec(target), id, packets: 0, bytes: 0 })
const jump = (id: number, chain: string): Rule => rule(id, { kind: 'JUMP', chain, goto: false })

function spoilt(spoil: (state: State) => void): string {
  const state = emptyState()
  spoil(state)
  assert.equal(shape.state(state), '', 'its shape is right')
  return integrity(state)
}

const addChain = ({ nat }: State, id: number, name: string, ...rules: Rule[]) =>
  nat.v4.chains.push({ id, name, policy: null, rules })

test('a good state has nothing to complain about', () => {
  assert.equal(
    spoilt(() => {}),
    '',
  )
  assert.equal(
    spoilt((state) => {
      addChain(state, 20, 'inner', rule(21, { kind: 'RETURN' }))
      addChain(state, 22, 'outer', jump(23, 'inner'), jump(24, 'inner'))
      state.nat.v4.chains[3].rules.push(jump(25, 'outer'))
    }),
    '',
  )
})

const bad: [string, (state: State) => void, RegExp][] = [
  [
    'a jump to nowhere',
    (state) => state.nat.v4.chains[3].rules.push(jump(20, 'web')),
    /jumps to web, which is no chain/,
  ],
  ['a jump in a circle', (state) => addChain(state, 20, 'web', jump(21, 'web')), /chain web leads back to itself/],
  ['a chain twice', (state) => addChain(state, 20, 'POSTROUTING'), /chain POSTROUTING stands twice/],
  ['a built-in chain gone', (state) => state.nat.v6.chains.shift(), /\.nat\.v6: does not begin with the built-in/],
  ['families mixed up', (state) => (state.nat = { v4: state.nat.v6, v6: state.nat.v4 }), /\.nat\.v4\.family: not 4/],
  ['an id twice', (state) => addChain(state, 4, 'web'), /id 4 is given twice/],
  ['an id yet to be given', (state) => addChain(state, state.nextId, 'web'), /\.nextId: id 100 is already given/],
]
for (const [name, spoil, complaint] of bad) {
  test(`${name} is found`, () => {
    assert.match(spoilt(spoil), complaint)
  })
}
