/** The director's own connections to the very ports it balances: their answers meet the steering rules, and come back. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ask, balance, FAMILIES, openBed, translateSource, url } from './bed.js'
import { inLab } from './lab.js'
import { flat, flatPlan } from './topology.js'

for (const family of FAMILIES) {
  const plan = flatPlan[family]

  test(`IPv${family}: the director reaches its servers, and they reach it`, inLab(), async (t) => {
    const { director, servers } = await openBed(t, flat)
    await balance(director, plan, { port: 80 })
    await translateSource(director, plan, 80)
    assert.deepEqual(await ask(director, url(plan.server(1), 80), 2), ['web1', 'web1'])
    await director.serve('web-server.js', 'director', 8080)
    assert.deepEqual(await ask(servers[0], url(plan.director, 8080), 1), ['director'])
  })
}
