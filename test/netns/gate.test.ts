/** Direct routing: the servers get the client's packets as they are, and answer the client themselves. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ask, balance, connectionsIn, counted, endpoint, FAMILIES, openBed, sources, url, watch } from './bed.js'
import { inLab } from './lab.js'
import { until } from './network.js'
import { clientBehindRouter, flat, flatPlan, ownVip } from './topology.js'

const MEBIBYTE = 1_048_576

for (const family of FAMILIES) {
  const plan = flatPlan[family]
  const ip = family === 4 ? 'ip' : 'ip6'
  const hops = family === 4 ? 'ttl' : 'hoplimit'

  test(`IPv${family}: a web page and an upload by direct routing`, inLab(), async (t) => {
    const { clients, director, servers, webs } = await openBed(t, flat)
    await ownVip(servers, plan)
    await watch(servers[0], {
      requests: { hook: 'prerouting', match: `${ip} daddr ${plan.vip} ${ip} ${hops} 63 tcp dport 80` },
    })
    await watch(director, { answers: { hook: 'prerouting', match: `tcp sport 80` } })
    await balance(director, plan, { port: 80, method: '-g' })
    assert.deepEqual(await ask(clients[0], url(plan.vip, 80), 4), ['web1', 'web1', 'web2', 'web2'])
    for (const web of webs) assert.deepEqual(await sources(web, 2), [plan.client(1)])
    // Established, then the client closes: FIN_WAIT is all that a director knows who sees one side (IPVS's input-only).
    assert.equal(await connectionsIn(director, 'FIN_WAIT'), 4)
    for (const n of [1, 2]) {
      const upload = `head -c ${16 * MEBIBYTE} /dev/zero | curl -sS --max-time 20 -T - ${url(plan.vip, 80)}`
      assert.match(await clients[0].must(upload), new RegExp(`^web[12] received ${16 * MEBIBYTE}\n$`), `upload ${n}`)
    }
    assert.ok((await counted(servers[0], 'requests')) > 0, 'requests lose one hop')
    assert.equal(await counted(director, 'answers'), 0, 'answers pass the director by')
  })

  test(`IPv${family}: datagrams, and the port of the server is the service's`, inLab(), async (t) => {
    const { clients, director, servers } = await openBed(t, flat)
    await ownVip(servers, plan)
    // Bound to the VIP, so that answers come from it.
    for (const server of servers) await server.serve('echo.js', 'serve', server.name, 5353, plan.vip)
    await balance(director, plan, { protocol: 'udp', port: 5353, serverPort: 99, method: '-g' })
    const answers = await clients[0].must(`node dist/test/netns/echo.js ask ${plan.vip} 5353 4 1400`)
    assert.equal(answers.match(new RegExp(`web1 ${plan.client(1)} `, 'g'))?.length, 2, answers)
    assert.equal(answers.match(new RegExp(`web2 ${plan.client(1)} `, 'g'))?.length, 2, answers)
    assert.match(await director.must('ipvsadm -Ln'), new RegExp(`-> ${escaped(plan.server(1), 5353)} +Route`))
  })

  test(`IPv${family}: the director itself as a real server`, inLab(), async (t) => {
    const { clients, director, servers } = await openBed(t, flat)
    await ownVip(servers, plan)
    const own = await director.serve('web-server.js', 'director', 80)
    const service = endpoint(plan.vip, 80)
    await balance(director, plan, { port: 80, servers: [1], method: '-g' })
    await director.must(`ipvsadm -a -t ${service} -r ${endpoint(plan.director, 80)} -g`)
    assert.deepEqual(await ask(clients[0], url(plan.vip, 80), 4), ['director', 'director', 'web1', 'web1'])
    assert.deepEqual(await sources(own, 2), [plan.client(1)])
    assert.equal(await connectionsIn(director, 'FIN_WAIT'), 4)
  })

  test(`IPv${family}: the real server is told when its answers are too big for a router`, inLab(), async (t) => {
    const { clients, director, servers } = await openBed(t, (lab) => clientBehindRouter(lab, 1300))
    await ownVip(servers, plan)
    const gateway = family === 4 ? '192.0.2.1' : '2001:db8::1'
    for (const server of servers) await server.must(`ip route add default via ${gateway}`)
    const tooBig =
      family === 4 ? 'icmp type destination-unreachable icmp code frag-needed' : 'icmpv6 type packet-too-big'
    await watch(servers[0], { too_big: { hook: 'prerouting', match: `${ip} daddr ${plan.vip} ${tooBig}` } })
    await balance(director, plan, { port: 80, servers: [1], method: '-g' })
    const download = `curl -sS --max-time 10 ${url(plan.vip, 80, `/bytes/${MEBIBYTE}`)} | wc -c`
    assert.equal(Number(await clients[0].must(download)), MEBIBYTE)
    assert.ok((await counted(servers[0], 'too_big')) > 0)
  })

  test(`IPv${family}: connections go on when the director is killed and comes back`, inLab(), async (t) => {
    const { clients, director, servers, webs } = await openBed(t, flat)
    await ownVip(servers, plan)
    await balance(director, plan, { port: 80, servers: [1], method: '-g' })
    const download = clients[0].start(
      `curl -sS --max-time 20 -o /dev/null -w '%{size_download}' ${url(plan.vip, 80, '/slow/3')}`,
    )
    await until(async () => (await connectionsIn(director, 'ESTABLISHED')) === 1, 'an established connection')
    const { pid } = JSON.parse(await director.must('fullnat status --json'))
    await director.must(`kill -9 ${pid}`)
    await director.must('fullnat up')
    assert.equal(await download.ended, 0, download.lines.join('\n'))
    assert.equal((await sources(webs[0], 1))[0], plan.client(1))
  })
}

function escaped(address: string, port: number): string {
  return endpoint(address, port).replace(/[[\].]/g, '\\$&')
}
