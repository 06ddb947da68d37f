/** The director between two networks: SNAT, MASQUERADE, plain masq with the director as gateway, and bulk traffic. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ask, balance, FAMILIES, openBed, sources, translateSource, url } from './bed.js'
import { inLab } from './lab.js'
import { twoArm, twoArmPlan } from './topology.js'

const IPERF_PORT = 5201

for (const family of FAMILIES) {
  const plan = twoArmPlan[family]
  const tables = family === 4 ? 'iptables' : 'ip6tables'

  test(`IPv${family}: SNAT needs no gateway on the servers`, inLab(), async (t) => {
    const { clients, director, webs } = await openBed(t, (lab) => twoArm(lab, false))
    await balance(director, plan, { port: 8080, serverPort: 80 })
    await translateSource(director, plan, 8080)
    assert.deepEqual(await ask(clients[0], url(plan.vip, 8080), 4), ['web1', 'web1', 'web2', 'web2'])
    for (const web of webs) assert.deepEqual(await sources(web, 2), [plan.director])
  })

  test(`IPv${family}: MASQUERADE takes the address towards the servers`, inLab(), async (t) => {
    const { clients, director, webs } = await openBed(t, (lab) => twoArm(lab, false))
    await balance(director, plan, { port: 80 })
    await director.must(`${tables} -t nat -A POSTROUTING -m ipvs --ipvs -j MASQUERADE`)
    assert.deepEqual(await ask(clients[1], url(plan.vip, 80), 2), ['web1', 'web2'])
    for (const web of webs) assert.deepEqual(await sources(web, 1), [plan.director])
  })

  test(`IPv${family}: plain masq shows the servers their client`, inLab(), async (t) => {
    const { clients, director, webs } = await openBed(t, (lab) => twoArm(lab, true))
    await balance(director, plan, { port: 80 })
    assert.deepEqual(await ask(clients[0], url(plan.vip, 80), 4), ['web1', 'web1', 'web2', 'web2'])
    for (const web of webs) assert.deepEqual(await sources(web, 2), [plan.client(1)])
  })

  test(`IPv${family}: iperf3 runs both ways over four connections`, inLab(), async (t) => {
    const { clients, director, servers } = await openBed(t, (lab) => twoArm(lab, false))
    servers[0].start(`iperf3 -s -p ${IPERF_PORT}`)
    await balance(director, plan, { port: IPERF_PORT, servers: [1] })
    await translateSource(director, plan, IPERF_PORT)
    for (const way of ['', '-R']) {
      const report = JSON.parse(await clients[0].must(`iperf3 -J -c ${plan.vip} -p ${IPERF_PORT} -t 2 -P 4 ${way}`))
      const { sum_sent, sum_received } = report.end
      assert.ok(sum_received.bytes > 10e6, `${sum_received.bytes} bytes arrived`)
      assert.ok(sum_received.bytes > sum_sent.bytes * 0.8, `${sum_sent.bytes} sent, ${sum_received.bytes} received`)
    }
  })
}
