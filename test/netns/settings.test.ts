/** Settings of net.ipv4.vs with real clients: what becomes of connections whose real server goes, and datagrams alone. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ask, balance, connectionsIn, endpoint, FAMILIES, openBed, translateSource, url } from './bed.js'
import { inLab } from './lab.js'
import { sleep, until } from './network.js'
import { flat, flatPlan } from './topology.js'

const PORT = 5353

for (const family of FAMILIES) {
  const plan = flatPlan[family]

  test(`IPv${family}: expire_nodest_conn ends an upload when its real server is removed`, inLab(), async (t) => {
    const { clients, director } = await openBed(t, flat)
    await balance(director, plan, { port: 80, servers: [1] })
    await translateSource(director, plan, 80)
    await director.must('fullnat set net.ipv4.vs.expire_nodest_conn=1')
    // An upload: who goes on sending hears the reset at once, who only waits would hear nothing, as with LVS.
    const upload = clients[0].run(
      `head -c 50000000 /dev/zero | curl -sS --max-time 30 --limit-rate 1M -o /dev/null -T - ${url(plan.vip, 80, '/up')}`,
    )
    await until(async () => (await connectionsIn(director, 'ESTABLISHED')) === 1, 'the upload')
    const begun = Date.now()
    await director.must(`ipvsadm -d -t ${endpoint(plan.vip, 80)} -r ${endpoint(plan.server(1), 80)}`)
    const { status, stderr } = await upload
    assert.notEqual(status, 0)
    assert.match(stderr, /reset by peer/i)
    assert.ok(Date.now() - begun < 10_000, 'not by its own timeout')
    assert.equal(await connectionsIn(director, 'ESTABLISHED'), 0)
  })

  test(`IPv${family}: without it the same download waits, and goes on when the server is back`, inLab(), async (t) => {
    const { clients, director } = await openBed(t, flat)
    await balance(director, plan, { port: 80, servers: [1] })
    await translateSource(director, plan, 80)
    const words = `-t ${endpoint(plan.vip, 80)} -r ${endpoint(plan.server(1), 80)}`
    const download = clients[0].run(`curl -sS --max-time 30 -o /dev/null ${url(plan.vip, 80, '/slow/3')}`)
    await until(async () => (await connectionsIn(director, 'ESTABLISHED')) === 1, 'the download')
    await director.must(`ipvsadm -d ${words}`)
    await sleep(1500)
    await director.must(`ipvsadm -a ${words} -m`)
    const { status, stderr } = await download
    assert.equal(status, 0, stderr)
  })

  test(`IPv${family}: one-packet scheduling spreads the datagrams of one socket`, inLab(), async (t) => {
    const { clients, director, servers } = await openBed(t, flat)
    for (const server of servers) await server.serve('echo.js', 'serve', server.name, PORT)
    await balance(director, plan, { protocol: 'udp', port: PORT })
    const service = `-u ${endpoint(plan.vip, PORT)}`
    await director.must(`ipvsadm -E ${service} -s rr -o`)
    const answers = await clients[0].must(`node dist/test/netns/echo.js pour ${plan.vip} ${PORT} 6`)
    for (const n of [1, 2])
      assert.equal(answers.match(new RegExp(`^web${n} .* from ${plan.server(n)}$`, 'gm'))?.length, 3)
    await until(async () => / 6 +6 +0 /.test(await director.must(`ipvsadm -Ln --stats ${service}`)), 'six datagrams')
    assert.match(await director.must(`ipvsadm -Ln --stats ${service}`), /( 3 +3 +0 .*\n.*){2}/)
    assert.equal(await connectionsIn(director, 'UDP'), 0)
  })
}

test('drop_packet=3 with am_droprate=2 gives up each second SYN, and clients come again', inLab(), async (t) => {
  const plan = flatPlan[4]
  const { clients, director } = await openBed(t, flat)
  await balance(director, plan, { port: 80 })
  await translateSource(director, plan, 80)
  await director.must('fullnat set am_droprate=2 drop_packet=3')
  assert.equal((await ask(clients[0], url(plan.vip, 80), 4)).length, 4)
  const { drops } = JSON.parse(await director.must('fullnat status --json'))
  assert.ok(drops.overload >= 3, JSON.stringify(drops))
})
