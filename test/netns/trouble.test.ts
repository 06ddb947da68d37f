/** Servers that are drained, closed, dead or missing: what the client meets is what LVS would give it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ask, balance, endpoint, FAMILIES, openBed, translateSource, url } from './bed.js'
import { inLab } from './lab.js'
import { flat, flatPlan } from './topology.js'

/** curl's exit statuses. */
const CANNOT_CONNECT = 7
const SLOW_SECONDS = 3
const SLOW_BYTES = SLOW_SECONDS * 20 * 65_536

for (const family of FAMILIES) {
  const plan = flatPlan[family]
  const target = url(plan.vip, 80)
  const service = `-t ${endpoint(plan.vip, 80)}`
  const server = (n: number) => `-r ${endpoint(plan.server(n), 80)} -m`

  test(`IPv${family}: weight 0 takes no new connection and keeps the old ones`, inLab(), async (t) => {
    const { clients, director } = await openBed(t, flat)
    await balance(director, plan, { port: 80, servers: [1] })
    await translateSource(director, plan, 80)
    const slow = `curl -sS --max-time 20 -o /dev/null -w '%{size_download}' ${url(plan.vip, 80, `/slow/${SLOW_SECONDS}`)}`
    const download = clients[0].must(slow)
    await new Promise((done) => setTimeout(done, 500))
    await director.must(`ipvsadm -a ${service} ${server(2)}`)
    await director.must(`ipvsadm -e ${service} ${server(1)} -w 0`)
    assert.deepEqual(await ask(clients[1], target, 4), Array(4).fill('web2'))
    assert.equal(Number(await download), SLOW_BYTES)
    await director.must(`ipvsadm -e ${service} ${server(1)} -w 1`)
    assert.deepEqual(await ask(clients[1], target, 2), ['web1', 'web2'])
  })

  test(`IPv${family}: a server removed and added again: its connection stalls, then goes on`, inLab(), async (t) => {
    const { clients, director } = await openBed(t, flat)
    await balance(director, plan, { port: 80, servers: [1] })
    await translateSource(director, plan, 80)
    const slow = `curl -sS --max-time 20 -o /dev/null -w '%{size_download}' ${url(plan.vip, 80, `/slow/${SLOW_SECONDS}`)}`
    const download = clients[0].must(slow)
    await new Promise((done) => setTimeout(done, 500))
    await director.must(`ipvsadm -d ${service} -r ${endpoint(plan.server(1), 80)}`)
    await new Promise((done) => setTimeout(done, 1000))
    await director.must(`ipvsadm -a ${service} ${server(1)}`)
    assert.equal(Number(await download), SLOW_BYTES)
  })

  test(`IPv${family}: no server to take it, or a closed port on the server: connection refused`, inLab(), async (t) => {
    const { clients, director, webs } = await openBed(t, flat)
    await director.must(`ipvsadm -A ${service} -s rr`)
    await translateSource(director, plan, 80)
    const refused = async () => {
      const { status, stderr } = await clients[0].run(`curl -sS --max-time 5 ${target}`)
      assert.equal(status, CANNOT_CONNECT, stderr)
      assert.match(stderr, /Connection refused|Couldn't connect/)
    }
    await refused()
    await director.must(`ipvsadm -a ${service} ${server(1)} -w 0`)
    await refused()
    await director.must(`ipvsadm -e ${service} ${server(1)} -w 1`)
    assert.deepEqual(await ask(clients[0], target, 1), ['web1'])
    await webs[0].stop()
    await refused()
  })

  test(`IPv${family}: a dead server is unreachable, the other goes on serving`, inLab(), async (t) => {
    const { clients, director, servers } = await openBed(t, flat)
    await balance(director, plan, { port: 80 })
    await translateSource(director, plan, 80)
    await servers[1].must('ip link set eth0 down')
    const attempts = await Promise.all([1, 2, 3, 4].map(() => clients[0].run(`curl -sS --max-time 8 ${target}`)))
    assert.equal(attempts.filter(({ stdout }) => stdout === 'web1\n').length, 2)
    const failed = attempts.filter(({ status }) => status !== 0)
    assert.equal(failed.length, 2)
    for (const { status, stderr } of failed) assert.equal(status, CANNOT_CONNECT, stderr)
  })
}
