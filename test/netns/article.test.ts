/** The article's set-up: clients, director and servers are neighbours, and only LVS-SNAT can serve them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ask, balance, counted, FAMILIES, openBed, sources, translateSource, url, watch } from './bed.js'
import { inLab } from './lab.js'
import { until } from './network.js'
import { flat, flatPlan } from './topology.js'

const REQUESTS = 10

for (const family of FAMILIES) {
  const plan = flatPlan[family]
  const saddr = family === 4 ? 'ip saddr' : 'ip6 saddr'

  test(`IPv${family}: both servers serve, and see nobody but the director`, inLab(), async (t) => {
    const { clients, director, servers, webs } = await openBed(t, flat)
    const addresses = clients.map((_, i) => plan.client(i + 1)).join(', ')
    const match = `${saddr} { ${addresses} } meta l4proto { tcp, udp }`
    for (const server of servers) await watch(server, { clients: { hook: 'prerouting', match } })
    await watch(director, { resets: { hook: 'output', match: 'tcp flags & rst == rst' } })
    await balance(director, plan, { port: 80 })
    await translateSource(director, plan, 80)

    for (const client of clients) {
      const answers = await ask(client, url(plan.vip, 80), REQUESTS)
      assert.deepEqual(answers, [...Array(REQUESTS / 2).fill('web1'), ...Array(REQUESTS / 2).fill('web2')])
    }
    for (const web of webs) assert.deepEqual(await sources(web, REQUESTS), [plan.director])
    for (const server of servers) assert.equal(await counted(server, 'clients'), 0, 'packets of clients at a server')
    assert.equal(await counted(director, 'resets'), 0, "resets of the director's own stack")
  })

  test(`IPv${family}: connections, counters and the rule show what happened`, inLab(), async (t) => {
    const { clients, director } = await openBed(t, flat)
    await balance(director, plan, { port: 80 })
    await translateSource(director, plan, 80)
    await ask(clients[0], url(plan.vip, 80), 4)

    const listing = await director.must('ipvsadm -ln')
    assert.equal(listing.match(/Masq +1 +0 +2 /g)?.length, 2, listing)
    const entries = (await director.must('ipvsadm -Lnc')).trim().split('\n').slice(2)
    assert.equal(entries.length, 4)
    for (const entry of entries) assert.match(entry, /^TCP 0[12]:\d\d +TIME_WAIT /)
    for (const entry of entries) assert.ok(entry.includes(plan.client(1)) && entry.includes(plan.vip), entry)
    const stats = async () => /:80 +(\d+) +(\d+) +(\d+) +(\d+) +(\d+)/.exec(await director.must('ipvsadm -Ln --stats'))
    await until(async () => (await stats())?.[1] === '4', 'four connections counted')
    const [, , inPackets, outPackets, inBytes, outBytes] = (await stats())!.map(Number)
    assert.ok(inPackets >= 4 * 5 && outPackets >= 4 * 4, 'handshake, request, answer and end of four connections')
    assert.ok(inBytes > inPackets * 40 && outBytes > outPackets * 40)
    const tables = family === 4 ? 'iptables' : 'ip6tables'
    assert.match(await director.must(`${tables} -t nat -L POSTROUTING -nv`), /^ +4 +\d+ SNAT /m)
  })
}

test('a client keeps its own source port where it is free', inLab(), async (t) => {
  const { clients, director, servers } = await openBed(t, flat)
  await balance(director, flatPlan[4], { port: 80 })
  await translateSource(director, flatPlan[4], 80)
  await watch(servers[1], { kept: { hook: 'prerouting', match: 'tcp sport 45678 tcp flags syn' } })
  await clients[0].must(`curl -sS --max-time 5 --local-port 45678 ${url(flatPlan[4].vip, 80)}`)
  assert.equal(await counted(servers[1], 'kept'), 1)
})
