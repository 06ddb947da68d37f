/** A connection that fails, and what `fullnat explain` and `fullnat failures` say of it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { balance, openBed, translateSource, url } from './bed.js'
import { inLab } from './lab.js'
import { flat, flatPlan } from './topology.js'

const PLAN = flatPlan[4]
const CLIENT = PLAN.client(1)

test('explain: a good connection, one that runs, and each way to fail', inLab(), async (t) => {
  const { clients, director, servers } = await openBed(t, flat)
  const explain = (port: number, vport = 80) =>
    director.run(`fullnat explain tcp ${CLIENT}:${port} ${PLAN.vip}:${vport}`)
  const get = (port: number) => clients[0].run(`curl -sS --max-time 2 --local-port ${port} ${url(PLAN.vip, 80)}`)
  const nothing = await explain(40000)
  assert.equal(nothing.status, 1)
  assert.match(nothing.stdout, /NO: no service is for it/)
  assert.match(nothing.stdout, /there are no services/)

  await balance(director, PLAN, { port: 80 })
  await translateSource(director, PLAN, 80)
  const good = await explain(40000)
  assert.equal(good.status, 0, good.stdout + good.stderr)
  const [, chosen] = /ok: a new connection would go to (\S+):80/.exec(good.stdout)!
  assert.match(good.stdout, /match +tcp:192\.0\.2\.45:80, by address and port/)
  assert.match(good.stdout, /source +becomes 192\.0\.2\.10:40000/)
  assert.match(good.stdout, /nat: POSTROUTING rule 1/)
  assert.equal((await get(40000)).stdout, chosen === PLAN.server(1) ? 'web1\n' : 'web2\n')
  const running = await explain(40000)
  assert.match(running.stdout, new RegExp(`find +connection ${CLIENT}:40000 -> ${PLAN.vip}:80`))
  assert.match(running.stdout, /source +192\.0\.2\.10:40000/)

  for (const n of [1, 2]) await servers[n - 1].must('ip link set eth0 down')
  await get(40001)
  const silent = await explain(40001)
  assert.equal(silent.status, 1, silent.stdout)
  assert.match(silent.stdout, /NO: its handshake is not over: \S+:80 does not answer/)

  for (const n of [1, 2]) await director.must(`ipvsadm -e -t ${PLAN.vip}:80 -r ${PLAN.server(n)}:80 -m -w 0`)
  await get(40002)
  const refused = await explain(40002)
  assert.equal(refused.status, 1)
  assert.match(refused.stdout, /NO: no real server may take a new connection/)
  assert.match(refused.stdout, /weight 0, takes no new connection/)
  assert.match(refused.stdout, /ago, \d+ times: no real server/)
  assert.match(
    await director.must('fullnat failures --last 1m'),
    new RegExp(`tcp ${CLIENT}:40002 -> ${PLAN.vip}:80 +\\d+ times +noDestination`),
  )
  const { status, stderr } = await director.run('fullnat explain tcp 192.0.2.1 192.0.2.45:80')
  assert.equal(status, 2)
  assert.match(stderr, /explain takes ADDRESS:PORT .* not '192\.0\.2\.1'/)
})
