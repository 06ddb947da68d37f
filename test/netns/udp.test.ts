/** UDP: answers, unconnected servers, and errors that come back as ICMP. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { balance, connectionsIn, FAMILIES, openBed, translateSource } from './bed.js'
import { inLab } from './lab.js'
import type { Host } from './network.js'
import { flat, flatPlan } from './topology.js'

const PORT = 5353

const askEcho = async (client: Host, address: string, count: number, bytes = 1): Promise<string[]> =>
  (await client.must(`node dist/test/netns/echo.js ask ${address} ${PORT} ${count} ${bytes}`)).trim().split('\n').sort()

for (const family of FAMILIES) {
  const plan = flatPlan[family]

  test(`IPv${family}: datagrams reach both servers, and the answers come from the VIP`, inLab(), async (t) => {
    const { clients, director, servers } = await openBed(t, flat)
    for (const server of servers) await server.serve('echo.js', 'serve', server.name, PORT)
    await balance(director, plan, { protocol: 'udp', port: PORT })
    await translateSource(director, plan, PORT)
    // The client's sockets are connected: an answer from another address than the VIP would not be received.
    const answers = await askEcho(clients[0], plan.vip, 6)
    assert.equal(answers.filter((line) => line.startsWith(`web1 ${plan.director} `)).length, 3, answers.join('\n'))
    assert.equal(answers.filter((line) => line.startsWith(`web2 ${plan.director} `)).length, 3, answers.join('\n'))
    assert.equal(await connectionsIn(director, 'UDP'), 6)
    const [large] = await askEcho(clients[0], plan.vip, 1, 1400)
    assert.ok(large.endsWith('x'.repeat(1400)), large)
  })

  test(`IPv${family}: a closed port on the server is refused at the client`, inLab(), async (t) => {
    const { clients, director } = await openBed(t, flat)
    await balance(director, plan, { protocol: 'udp', port: PORT })
    await translateSource(director, plan, PORT)
    assert.deepEqual(await askEcho(clients[0], plan.vip, 2), ['ECONNREFUSED', 'ECONNREFUSED'])
  })
}
