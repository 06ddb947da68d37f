/** Steering is exact: what is no virtual service stays with the host that the director runs on. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ask, balance, FAMILIES, openBed, sources, translateSource, url } from './bed.js'
import { inLab } from './lab.js'
import { flat, flatPlan } from './topology.js'

const REFUSED = 7

for (const family of FAMILIES) {
  const plan = flatPlan[family]

  test(`IPv${family}: VIP:22, ping and closed ports are the host's own`, inLab(), async (t) => {
    const { clients, director } = await openBed(t, flat)
    await balance(director, plan, { port: 80 })
    await translateSource(director, plan, 80)
    const own = await director.serve('web-server.js', 'director', 22)
    assert.deepEqual(await ask(clients[0], url(plan.vip, 22), 2), ['director', 'director'])
    assert.deepEqual(await sources(own, 2), [plan.client(1)])
    await clients[0].must(`ping -n -c 1 -W 2 ${plan.vip}`)
    assert.equal((await clients[0].run(`curl -s --max-time 5 ${url(plan.vip, 81)}`)).status, REFUSED)
  })

  test(`IPv${family}: a service that is deleted gives its port back to the host`, inLab(), async (t) => {
    const { clients, director } = await openBed(t, flat)
    await balance(director, plan, { port: 80 })
    await translateSource(director, plan, 80)
    await director.serve('web-server.js', 'director', 80)
    assert.deepEqual(await ask(clients[0], url(plan.vip, 80), 2), ['web1', 'web2'])
    await director.must('ipvsadm -C')
    assert.deepEqual(await ask(clients[0], url(plan.vip, 80), 1), ['director'])
  })
}
