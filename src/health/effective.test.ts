import assert from 'node:assert/strict'
import { test } from 'node:test'
import { applyAll } from '../commands/apply.js'
import type { Command } from '../commands/command.js'
import { type Admin, checkDefaults, type Health } from '../model/check.js'
import { emptyState, type State } from '../model/state.js'
import { effective, type Verdict } from './effective.js'

const key = { family: 4, protocol: 'tcp', address: '192.0.2.45', port: 80, fwmark: 0 } as const
const plain = { scheduler: 'wlc', schedulerFlags: 0, persistence: 0, persistenceMask: 32, persistenceEngine: '' }
const tunnel = { type: 'ipip', port: 0, checksum: 'nocsum' } as const
const A = '10.0.0.1'
const B = '10.0.0.2'

function stateWith(changes: Partial<Health>, weights = [1, 1]): State {
  const commands: Command[] = [
    { kind: 'service.add', key, options: { ...plain, onePacket: false } },
    ...weights.map((weight, i): Command => {
      const options = { method: 'masq', weight, upperThreshold: 0, lowerThreshold: 0, tunnel } as const
      return { kind: 'destination.add', service: key, key: { address: `10.0.0.${i + 1}`, port: 80 }, options }
    }),
    { kind: 'health.set', key, health: { ...checkDefaults.health, ...changes } },
  ]
  return on(emptyState(), ...commands)
}

function on(state: State, ...commands: Command[]): State {
  const { state: after, results } = applyAll(state, commands)
  assert.deepEqual(
    results,
    commands.map(() => null),
  )
  return after
}

const admin = (to: Admin, address: string | null, honourPersistence = true): Command => ({
  kind: 'destination.admin',
  service: null,
  key: { address, port: null },
  admin: to,
  honourPersistence,
})

/** Verdicts by position, laid over: weights by address. */
function weights(state: State, ...verdicts: (Partial<Verdict> | null)[]): Record<string, number> {
  const ids = state.services[0].destinations.map(({ id }) => id)
  const found = new Map<number, Verdict>()
  for (const [i, one] of verdicts.entries()) if (one) found.set(ids[i], { up: true, share: 1, ...one })
  return Object.fromEntries(effective(state, found).services[0].destinations.map((d) => [d.address, d.weight]))
}

test('with nothing to lay over it, the state is the very same', () => {
  const state = stateWith({})
  assert.equal(effective(state, new Map()), state)
  const ids = state.services[0].destinations.map(({ id }) => id)
  assert.equal(effective(state, new Map(ids.map((id) => [id, { up: true, share: 1 }]))), state)
})

test('a server that is down has weight 0, or is not there, as chosen; its id stays', () => {
  const down = { up: false }
  assert.deepEqual(weights(stateWith({}), down), { [A]: 0, [B]: 1 })
  assert.deepEqual(weights(stateWith({ onFailure: 'remove' }), down), { [B]: 1 })
  const state = stateWith({})
  const [{ id }] = state.services[0].destinations
  const [one] = effective(state, new Map([[id, { up: false, share: 1 }]])).services[0].destinations
  assert.deepEqual([one.id, one.honourPersistence], [id, false])
  assert.equal(state.services[0].destinations[0].weight, 1)
})

test('the fallback server is there while no other takes connections', () => {
  const fallback = { address: '10.0.0.9', port: 8080, method: 'masq' } as const
  const state = stateWith({ fallback })
  const down = { up: false }
  assert.deepEqual(weights(state, down), { [A]: 0, [B]: 1 })
  assert.deepEqual(weights(state, down, down), { [A]: 0, [B]: 0, '10.0.0.9': 1 })
  assert.deepEqual(weights(on(state, admin('drain', null))), { [A]: 0, [B]: 0, '10.0.0.9': 1 })
  assert.deepEqual(weights(stateWith({ fallback, onFailure: 'remove' }), down, down), { '10.0.0.9': 1 })
  assert.deepEqual(weights(stateWith({ fallback: { ...fallback, address: A, port: 80 } }), down, down), {
    [A]: 1,
    [B]: 0,
  })
})

test('maintenance counts before health: who is drained takes nothing and is listed, who is halted is gone', () => {
  for (const [kind, left] of [
    ['drain', { [A]: 0, [B]: 1 }],
    ['halt', { [B]: 1 }],
  ] as const) {
    const state = on(stateWith({ onFailure: 'remove' }), admin(kind, A, false))
    assert.deepEqual(weights(state), left)
    assert.deepEqual(weights(state, { up: false }), left)
    assert.deepEqual(weights(on(state, admin('online', A))), { [A]: 1, [B]: 1 })
  }
})

test('a share of a small weight is finer than 1; a large weight is divided as it is', () => {
  assert.deepEqual(weights(stateWith({}), { share: 0.1 }), { [A]: 10, [B]: 100 })
  assert.deepEqual(weights(stateWith({}, [200, 1]), { share: 0.1 }), { [A]: 20, [B]: 1 })
  assert.deepEqual(weights(stateWith({}), { share: 0 }), { [A]: 0, [B]: 1 })
  assert.deepEqual(weights(stateWith({}), { share: 0.0001 }), { [A]: 1, [B]: 100 })
})
