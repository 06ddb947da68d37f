/** The configuration file of a director that carries traffic: applied, changed, broken, rolled back. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ask, openBed, url } from './bed.js'
import { inLab } from './lab.js'
import { until } from './network.js'
import { flat, flatPlan } from './topology.js'

const { vip, director: own, server } = flatPlan[4]
const FILE = '/run/fullnat.yaml'
const SLOW_SECONDS = 3
const SLOW_BYTES = SLOW_SECONDS * 20 * 65_536

const text = (...servers: string[]) => `services:
  - service: tcp:${vip}:80
    scheduler: rr
    source: ${own}
    servers: [${servers.map((one) => `{server: "${one}"}`).join(', ')}]
`

test('plan, apply under a download, a bad file, rollback, export', inLab(), async (t) => {
  const { clients, director } = await openBed(t, flat)
  const write = (content: string) => director.must(`cat >${FILE}`, { input: content })
  await write(text(`${server(1)}:80`))
  assert.match(
    await director.must(`fullnat plan ${FILE}`),
    new RegExp(`^\\+ service tcp:${vip}:80 rr\n\\+ {3}server ${server(1)}:80 masq weight 1\n`),
  )
  await director.must(`fullnat apply ${FILE}`)
  assert.deepEqual(await ask(clients[0], url(vip, 80), 2), ['web1', 'web1'])
  const slow = `curl -sS --max-time 20 -o /dev/null -w '%{size_download}' ${url(vip, 80, `/slow/${SLOW_SECONDS}`)}`
  const download = clients[0].must(slow)
  await until(async () => /ESTABLISHED/.test(await director.must('ipvsadm -Lnc')), 'a download')
  await write(text(`${server(1)}:80`, `${server(2)}:80`))
  assert.equal((await director.run(`fullnat diff ${FILE}`)).status, 1)
  await director.must(`fullnat apply ${FILE}`)
  assert.deepEqual(new Set(await ask(clients[1], url(vip, 80), 4)), new Set(['web1', 'web2']))
  assert.equal(Number(await download), SLOW_BYTES, 'the connection of a server that stays goes on')
  await write(text('nowhere', `${server(2)}:x`))
  const bad = await director.run(`fullnat apply ${FILE}`)
  assert.equal(bad.status, 1)
  assert.match(
    bad.stderr,
    /fullnat\.yaml:5:24: services\[0\]\.servers\[0\]\.server: 'nowhere' is wrong: it takes ADDRESS:PORT/,
  )
  assert.match(bad.stderr, /2 wrong in .*nothing was changed/)
  await director.must('fullnat rollback')
  assert.deepEqual(await ask(clients[1], url(vip, 80), 2), ['web1', 'web1'])
  await director.must(`fullnat export >${FILE}`)
  assert.match(await director.must(`fullnat diff ${FILE}`), /nothing changes/)
})

test('plan says what ends and what nobody reaches', inLab(), async (t) => {
  const { clients, director } = await openBed(t, flat)
  await director.must(`cat >${FILE} && fullnat apply ${FILE}`, { input: text(`${server(1)}:80`) })
  await ask(clients[0], url(vip, 80), 3)
  await director.must(`cat >${FILE}`, { input: text() })
  const plan = await director.must(`fullnat plan ${FILE}`)
  assert.match(plan, /3 connections of servers that go will end/)
  assert.match(plan, new RegExp(`warning: tcp:${vip}:80 has no server: clients are refused`))
  assert.equal(JSON.parse(await director.must(`fullnat plan --json ${FILE}`)).connectionsEnded, 3)
})

test(
  'up --config --watch: at the start, at a change, at SIGHUP; a bad file changes nothing and is in the status',
  inLab(),
  async (t) => {
    const { clients, director } = await openBed(t, flat)
    await director.must('fullnat down')
    await director.must(`cat >${FILE}`, { input: text('nowhere') })
    const refused = await director.run(`fullnat up --config ${FILE}`)
    assert.equal(refused.status, 1)
    assert.match(refused.stderr, /'nowhere' is wrong/)
    await director.must(`cat >${FILE} && fullnat up --config ${FILE} --watch`, { input: text(`${server(1)}:80`) })
    assert.deepEqual(await ask(clients[0], url(vip, 80), 2), ['web1', 'web1'])
    await director.must(`cat >${FILE}.new && mv ${FILE}.new ${FILE}`, { input: text(`${server(2)}:80`) })
    await until(async () => (await director.must('ipvsadm -ln')).includes(server(2)), 'the change')
    assert.deepEqual(await ask(clients[0], url(vip, 80), 2), ['web2', 'web2'])
    await director.must(`cat >${FILE}`, { input: text('nowhere') })
    await until(async () => /is not applied: .*nowhere/.test(await director.must('fullnat status')), 'the complaint')
    assert.deepEqual(await ask(clients[0], url(vip, 80), 2), ['web2', 'web2'])
    await director.must(`cat >${FILE}`, { input: text(`${server(1)}:80`) })
    await until(async () => !/is not applied/.test(await director.must('fullnat status')), 'that it is right again')
    await director.must('ipvsadm -C')
    const { pid } = JSON.parse(await director.must('fullnat status --json'))
    await director.must(`kill -HUP ${pid}`)
    await until(async () => (await director.must('ipvsadm -ln')).includes(server(1)), 'what the file says')
  },
)
