/** Director and servers in each other's parts: what they send and receive themselves meets the steering rules too. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ask, balance, endpoint, FAMILIES, openBed, sources, translateSource, url } from './bed.js'
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

  test(`IPv${family}: the director and the servers may be clients themselves`, inLab(), async (t) => {
    const { director, servers } = await openBed(t, flat)
    await balance(director, plan, { port: 80 })
    await translateSource(director, plan, 80)
    assert.deepEqual(await ask(director, url(plan.vip, 80), 2), ['web1', 'web2'])
    // One of the two answers comes from the server that asks.
    assert.deepEqual(await ask(servers[0], url(plan.vip, 80), 2), ['web1', 'web2'])
  })

  test(`IPv${family}: a program on the director may be a real server`, inLab(), async (t) => {
    const { clients, director } = await openBed(t, flat)
    const own = await director.serve('web-server.js', 'director', 8080)
    await director.must(`ipvsadm -A -t ${endpoint(plan.vip, 80)} -s rr`)
    await director.must(`ipvsadm -a -t ${endpoint(plan.vip, 80)} -r ${endpoint(plan.director, 8080)} -m`)
    assert.deepEqual(await ask(clients[0], url(plan.vip, 80), 2), ['director', 'director'])
    assert.deepEqual(await sources(own, 2), [plan.client(1)])
  })
}
