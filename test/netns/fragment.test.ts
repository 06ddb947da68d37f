/** Datagrams longer than a link's MTU, both ways, and fragments that are nobody's. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { balance, FAMILIES, openBed, translateSource } from './bed.js'
import { inLab } from './lab.js'
import type { Host } from './network.js'
import { flat, flatPlan, twoArm, twoArmPlan } from './topology.js'

const PORT = 5353
const OTHER_PORT = 5354
const SIZES = [1473, 4000, 20_000, 60_000]

async function assertEchoed(client: Host, address: string, port: number, senders: string[]): Promise<void> {
  for (const size of SIZES) {
    const answer = await client.must(`node dist/test/netns/echo.js ask ${address} ${port} 1 ${size}`)
    const [, from, , text = answer] = answer.trim().split(' ')
    assert.ok(senders.includes(from), answer.slice(0, 200))
    assert.equal(text, 'x'.repeat(size))
  }
}

for (const family of FAMILIES) {
  test(`IPv${family}: long datagrams through SNAT`, inLab(), async (t) => {
    const plan = flatPlan[family]
    const { clients, director, servers } = await openBed(t, flat)
    for (const server of servers) await server.serve('echo.js', 'serve', server.name, PORT)
    await balance(director, plan, { protocol: 'udp', port: PORT })
    await translateSource(director, plan, PORT)
    await assertEchoed(clients[0], plan.vip, PORT, [plan.director])
  })

  test(`IPv${family}: long datagrams through masq`, inLab(), async (t) => {
    const plan = twoArmPlan[family]
    const { clients, director, servers } = await openBed(t, (lab) => twoArm(lab, true))
    for (const server of servers) await server.serve('echo.js', 'serve', server.name, PORT)
    await balance(director, plan, { protocol: 'udp', port: PORT })
    await assertEchoed(clients[0], plan.vip, PORT, [plan.client(1)])
  })

  test(`IPv${family}: long datagrams and pings of the director itself are its own still`, inLab(), async (t) => {
    const plan = flatPlan[family]
    const { clients, director, servers } = await openBed(t, flat)
    await balance(director, plan, { protocol: 'udp', port: PORT })
    await translateSource(director, plan, PORT)
    for (const address of [plan.vip, plan.director])
      await director.serve('echo.js', 'serve', 'director', OTHER_PORT, address)
    await servers[0].serve('echo.js', 'serve', 'web1', OTHER_PORT)
    await assertEchoed(clients[0], plan.vip, OTHER_PORT, [plan.client(1)])
    await assertEchoed(director, plan.server(1), OTHER_PORT, [plan.director, plan.vip])
    await assertEchoed(servers[0], plan.director, OTHER_PORT, [plan.server(1)])
    for (const address of [plan.vip, plan.director]) await clients[0].must(`ping -c 1 -W 2 -s 20000 ${address}`)
  })

  test(`IPv${family}: datagrams arrive whole while a flood of first fragments runs`, inLab(), async (t) => {
    const plan = flatPlan[family]
    const { lab, clients, director, servers } = await openBed(t, flat)
    for (const server of servers) await server.serve('echo.js', 'serve', server.name, PORT)
    await balance(director, plan, { protocol: 'udp', port: PORT })
    await translateSource(director, plan, PORT)
    // What the second client sends loses all but its first fragments on the wire.
    const later = family === 4 ? 'ip frag-off & 0x1fff != 0' : 'frag frag-off != 0'
    const chain = `chain c { type filter hook ingress device client2.0 priority 0; ${later} drop; }`
    await lab.must('', ['nft', '-f', '-'], { input: `table netdev flood { ${chain}\n}\n` })
    const flood = clients[1].start(`node dist/test/netns/echo.js flood ${plan.vip} ${PORT} 20000 2000`)
    for (let n = 0; n < 10; n++) {
      const answer = await clients[0].must(`node dist/test/netns/echo.js ask ${plan.vip} ${PORT} 1 4000`)
      assert.ok(answer.trim().endsWith(` ${'x'.repeat(4000)}`), `${n}: ${answer.slice(0, 100)}`)
    }
    assert.equal(await flood.ended, 0)
    const status = await director.must('fullnat status')
    const evicted = Number(/(\d+).*fragmentEvicted|fragmentEvicted\D*(\d+)/.exec(status)?.slice(1).find(Boolean))
    assert.ok(evicted > 1000, status)
    await assertEchoed(clients[0], plan.vip, PORT, [plan.director])
  })
}
