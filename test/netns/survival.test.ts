/** Killed and started again it goes on; stopped it leaves the host as it was. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ask, balance, FAMILIES, openBed, translateSource, url } from './bed.js'
import { inLab } from './lab.js'
import { type Host, sleep } from './network.js'
import { flat, flatPlan } from './topology.js'

const SLOW_SECONDS = 5
const SLOW_BYTES = SLOW_SECONDS * 20 * 65_536

const pidOf = async (director: Host): Promise<number> => JSON.parse(await director.must('fullnat status --json')).pid

/** Everything of a host that a director may touch. What only counts or times is left out. */
const hostState = (host: Host): Promise<string> =>
  host.must(`
    while ip -6 address show tentative | grep -q .; do sleep 0.1; done # duplicate address detection
    ip rule; ip -6 rule; ip route show table all; ip -6 route show table all; ip -o link; ip -o address
    nft list ruleset; grep -rs . /proc/sys/net | grep -v -e conntrack_count -e nf_conntrack_buckets | sort`)

/** Shows only the lines that differ. */
function assertSame(before: string, after: string): void {
  const [old, present] = [before.split('\n'), after.split('\n')]
  const gone = old.filter((line) => !present.includes(line))
  const left = present.filter((line) => !old.includes(line))
  assert.deepEqual({ gone, left }, { gone: [], left: [] })
  assert.ok(after === before, 'the same lines, in another order')
}

for (const family of FAMILIES) {
  const plan = flatPlan[family]

  test(`IPv${family}: kill -9 during a download, and up again: the same connection goes on`, inLab(), async (t) => {
    const { clients, director } = await openBed(t, flat)
    await balance(director, plan, { port: 80 })
    await translateSource(director, plan, 80)
    const slow = url(plan.vip, 80, `/slow/${SLOW_SECONDS}`)
    const download = clients[0].run(`curl -sS --max-time 30 -o /dev/null -w '%{size_download}' ${slow}`, {
      timeoutMs: 40_000,
    })
    await sleep(1000)
    const killed = await pidOf(director)
    await director.must(`kill -9 ${killed}`)
    await sleep(500)
    await director.must('fullnat up --connections 5000') // the table that is there keeps its size
    assert.notEqual(await pidOf(director), killed)
    const { stdout, stderr } = await download
    assert.equal(Number(stdout), SLOW_BYTES, stderr)
    const answers = await ask(clients[1], url(plan.vip, 80), 4)
    assert.deepEqual(answers, ['web1', 'web1', 'web2', 'web2'])
  })
}

test('down gives the host back byte for byte; up finds services and rules as they were', inLab(), async (t) => {
  const { clients, director } = await openBed(t, flat)
  await director.must('fullnat down')
  const before = await hostState(director)
  for (const family of FAMILIES) {
    await balance(director, flatPlan[family], { port: 80 })
    await translateSource(director, flatPlan[family], 80)
  }
  const saved = await director.must('ipvsadm -S -n; iptables -t nat -S; ip6tables -t nat -S')
  await ask(clients[0], url(flatPlan[4].vip, 80), 2)
  assert.notEqual(await hostState(director), before)
  await director.must('fullnat down')
  assertSame(before, await hostState(director))
  await director.must('fullnat up')
  assert.equal(await director.must('ipvsadm -S -n; iptables -t nat -S; ip6tables -t nat -S'), saved)
  assert.deepEqual(await ask(clients[0], url(flatPlan[6].vip, 80), 2), ['web1', 'web2'])
})

test('after kill -9, down still gives the host back', inLab(), async (t) => {
  const { director } = await openBed(t, flat)
  await director.must('fullnat down')
  const before = await hostState(director)
  await balance(director, flatPlan[4], { port: 80 })
  await director.must(`kill -9 ${await pidOf(director)}`)
  await director.must('fullnat up; fullnat down')
  assertSame(before, await hostState(director))
})

test('a second director in the same namespace is refused, and the first goes on', inLab(), async (t) => {
  const { clients, director } = await openBed(t, flat)
  await balance(director, flatPlan[4], { port: 80 })
  await translateSource(director, flatPlan[4], 80)
  const pid = await pidOf(director)
  const { status, stderr } = await director.run('fullnat up --foreground')
  assert.equal(status, 1)
  assert.match(stderr, /^fullnat: .+\n$/)
  assert.match(await director.must('fullnat up'), new RegExp(`already up, pid ${pid}`))
  assert.equal(await pidOf(director), pid)
  assert.deepEqual(await ask(clients[0], url(flatPlan[4].vip, 80), 2), ['web1', 'web2'])
})

test('a state file that cannot be read is set aside with a message, and the director serves', inLab(), async (t) => {
  const { director } = await openBed(t, flat)
  const folder = JSON.parse(await director.must('fullnat status --json')).stateFolder
  await director.must('fullnat down')
  await director.must(`echo 'no json' >${folder}/state.json`)
  const { status, stderr } = await director.run('fullnat up')
  assert.equal(status, 0, stderr)
  const [, aside] = /state\.json .*set aside as (\S+)/.exec(stderr) ?? []
  assert.equal(await director.must(`cat ${aside}`), 'no json\n', stderr)
})
