import assert from 'node:assert/strict'
import { test } from 'node:test'
import { apply } from '../commands/apply.js'
import { ruleSpec } from '../model/fixture.js'
import type { PortSpan } from '../model/netfilter.js'
import { emptyState, type State } from '../model/state.js'
import { poolViews } from './pools.js'

const snat = (state: State, from: string, to: string, ports: PortSpan | null): State =>
  apply(state, {
    kind: 'rule.append',
    table: 'nat',
    family: 4,
    chain: 'POSTROUTING',
    rule: ruleSpec(
      {
        kind: 'SNAT',
        addresses: { from, to },
        ports,
        random: false,
        randomFully: false,
        persistent: false,
      },
      { protocol: { invert: false, value: 6 } },
    ),
    packets: 0,
    bytes: 0,
  })

test('free is what the narrowest rule leaves towards the fullest server', () => {
  let state = snat(emptyState(), '192.0.2.10', '192.0.2.10', null)
  state = snat(state, '192.0.2.10', '192.0.2.10', { from: 2000, to: 2999 })
  state = snat(state, '192.0.2.20', '192.0.2.21', null)
  const uses = [
    { address: '192.0.2.10', used: 700, spaces: 2, fullest: 600 },
    { address: '192.0.2.99', used: 1, spaces: 1, fullest: 1 },
  ]
  assert.deepEqual(
    poolViews(state, uses).map(({ address, size, free }) => [address, size, free]),
    [
      ['192.0.2.10', 1000, 400],
      ['192.0.2.20', 64512, 64512],
      ['192.0.2.21', 64512, 64512],
      ['192.0.2.99', 64512, 64511],
    ],
  )
})
