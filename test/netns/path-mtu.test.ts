/** Path MTU discovery through the director: ICMP errors reach the end that sent too much, and it sends less. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { balance, counted, FAMILIES, openBed, translateSource, url, watch } from './bed.js'
import { inLab } from './lab.js'
import { clientBehindRouter, flatPlan, twoArm, twoArmPlan } from './topology.js'

const MTU = 1300
const MEBIBYTE = 1_048_576

for (const family of FAMILIES) {
  const tooBig = family === 4 ? 'icmp type destination-unreachable icmp code frag-needed' : 'icmpv6 type packet-too-big'

  test(`IPv${family}: a download by a client behind a smaller MTU`, inLab(), async (t) => {
    const plan = flatPlan[family]
    const { clients, director, servers } = await openBed(t, (lab) => clientBehindRouter(lab, MTU))
    for (const server of servers) await watch(server, { too_big: { hook: 'prerouting', match: tooBig } })
    await balance(director, plan, { port: 80, servers: [1] })
    await translateSource(director, plan, 80)
    const line = `curl -sS --max-time 10 ${url(plan.vip, 80, `/bytes/${MEBIBYTE}`)} | wc -c`
    assert.equal(Number(await clients[0].must(line)), MEBIBYTE)
    assert.ok((await counted(servers[0], 'too_big')) > 0, 'the server was told')
  })

  test(`IPv${family}: an upload to servers behind a smaller MTU`, inLab(), async (t) => {
    const plan = twoArmPlan[family]
    const { clients, director } = await openBed(t, (lab) => twoArm(lab, false, MTU))
    await watch(clients[0], { too_big: { hook: 'prerouting', match: tooBig } })
    await balance(director, plan, { port: 80, servers: [1] })
    await translateSource(director, plan, 80)
    const line = `head -c ${MEBIBYTE} /dev/zero | curl -sS --max-time 10 -T - ${url(plan.vip, 80, '/')}`
    assert.equal(await clients[0].must(line), `web1 received ${MEBIBYTE}\n`)
    assert.ok((await counted(clients[0], 'too_big')) > 0, 'the client was told')
  })
}
