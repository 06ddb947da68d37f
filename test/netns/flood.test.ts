/** A flood of SYNs from a hundred thousand addresses: who has a connection keeps it, who wants one gets it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { balance, openBed, translateSource, url } from './bed.js'
import { inLab } from './lab.js'
import { flat, flatPlan } from './topology.js'

const SECONDS = 8
const SLOW_BYTES = (SECONDS - 1) * 20 * 65_536
/** src/engine/half-open.ts */
const BOUND = 32_768
/** As many as the engine and two servers take beside it on two processors. */
const PER_SECOND = 15_000
const LEAST_SENT = 3 * BOUND
const plan = flatPlan[4]

test('a flood of SYNs: established connections go on, others begin, and little is half open', inLab(), async (t) => {
  const { clients, director, servers } = await openBed(t, flat)
  await balance(director, plan, { port: 80 })
  await translateSource(director, plan, 80)
  // What servers answer the flood goes back to where it came from, and is nobody's there.
  await director.must(`ip route add 10.0.0.0/8 via ${plan.client(1)}`)
  await clients[0].must(
    'nft add table ip f && nft add chain ip f in { type filter hook input priority 0 \\; } && nft add rule ip f in ip daddr 10.0.0.0/8 drop',
  )
  for (const server of servers) await server.must('echo 1 >/proc/sys/net/ipv4/tcp_syncookies')
  const slow = `curl -sS --max-time 30 -o /dev/null -w '%{size_download}' ${url(plan.vip, 80, `/slow/${SECONDS - 1}`)}`
  const download = clients[1].must(slow, { timeoutMs: 40_000 })
  const flood = await clients[0].serve('flooder.js', 'tcp', plan.vip, 80, SECONDS * PER_SECOND, PER_SECOND)
  const times: number[] = []
  while (!flood.lines.some((line) => line.startsWith('{'))) {
    const asked = performance.now()
    await clients[1].must(`curl -sS --max-time 10 -o /dev/null ${url(plan.vip, 80)}`)
    times.push(performance.now() - asked)
  }
  const { sent } = JSON.parse(await flood.line(/^{/))
  t.diagnostic(`${sent} SYNs in ${SECONDS} s; ${times.length} requests, slowest ${Math.max(...times).toFixed(0)} ms`)
  assert.ok(sent > LEAST_SENT, `${sent} SYNs`)
  assert.ok(times.length >= SECONDS, `${times.length} requests`)
  assert.equal(Number(await download), SLOW_BYTES)
  const halfOpen = Number((await director.run('ipvsadm -Lnc | grep -c SYN_RECV', { timeoutMs: 60_000 })).stdout)
  assert.ok(halfOpen <= BOUND, `${halfOpen} half open`)
  const status = await director.must('fullnat status')
  assert.match(status, /halfOpen/)
  assert.doesNotMatch(status, /tableFull|poolDry/)
})
