/** Two directors of one network keep the same connections: what one carried goes on through the other. */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { balance, FAMILIES, url } from './bed.js'
import { inLab, Lab } from './lab.js'
import { addBridge, addHost, type Host, isIpv6, until } from './network.js'
import { type Family, flatPlan, type Plan } from './topology.js'

const SLOW_SECONDS = 8
const SLOW_BYTES = SLOW_SECONDS * 20 * 65_536
const GROUP: Record<Family, string> = { 4: '224.0.0.81', 6: 'ff02::81' }

interface Pair {
  client: Host
  web: Host
  first: Host
  second: Host
  plan: Plan
  /** What moves from one director to the other: the VIP and the source that servers see. */
  moving: string[]
}

const words = (address: string): string => `${address}/${isIpv6(address) ? '64 nodad' : 24}`

async function openPair(t: TestContext, family: Family): Promise<Pair> {
  const lab = await Lab.open()
  t.after(() => lab.close())
  await addBridge(lab, 'lan')
  const plan = flatPlan[family]
  const host = (name: string, address: string) =>
    addHost(lab, name, { bridge: 'lan', addresses: [`${address}/${plan.length}`] })
  const client = await host('client1', plan.client(1))
  const web = await host('web1', plan.server(1))
  const first = await host('director1', plan.client(51))
  const second = await host('director2', plan.client(52))
  const moving = [plan.vip, plan.director]
  for (const address of moving) await first.must(`ip address add ${words(address)} dev eth0`)
  await web.serve('web-server.js', 'web1', 80)
  for (const director of [first, second]) await director.must('fullnat up')
  return { client, web, first, second, plan, moving }
}

const snat = ({ vip, director }: Plan): string =>
  `${isIpv6(vip) ? 'ip6tables' : 'iptables'} -t nat -A POSTROUTING -m ipvs --vaddr ${vip} --vport 80 -j SNAT --to-source ${director}`

/** The connections that a director lists, without their expiry. */
const listed = async (director: Host): Promise<string[]> =>
  (await director.must('ipvsadm -Lnc'))
    .trim()
    .split('\n')
    .slice(2)
    .map((line) => line.replace(/\d+:\d+\s+/, ''))

/** The first one dies; the second has its addresses, and the neighbours learn so. */
async function failOver({ client, web, first, second, moving }: Pair): Promise<void> {
  const { pid } = JSON.parse(await first.must('fullnat status --json'))
  await first.must(`ip link set eth0 down; kill -9 ${pid}`)
  for (const address of moving) await second.must(`ip address add ${words(address)} dev eth0`)
  for (const neighbour of [client, web]) await neighbour.must('ip neighbour flush all')
}

for (const family of FAMILIES) {
  test(`IPv${family}: a download goes on through the other director, its source translated`, inLab(), async (t) => {
    const pair = await openPair(t, family)
    const { client, first, second, plan } = pair
    const options = `--mcast-interface eth0 --syncid 7 --mcast-group ${GROUP[family]}`
    for (const [director, role] of [
      [first, 'master'],
      [second, 'backup'],
    ] as const) {
      await balance(director, plan, { port: 80, servers: [1] })
      await director.must(snat(plan))
      await director.must(`ipvsadm --start-daemon ${role} ${options}`)
    }
    const slow = url(plan.vip, 80, `/slow/${SLOW_SECONDS}`)
    const download = client.run(`curl -sS --max-time 40 -o /dev/null -w '%{size_download}' ${slow}`, {
      timeoutMs: 45_000,
    })
    await until(async () => (await listed(second)).length > 0, 'the other director knows the connection')
    assert.deepEqual(await listed(second), await listed(first))
    assert.match((await listed(second))[0], /^TCP\s+ESTABLISHED/)
    assert.match(await second.must('ipvsadm -Ln'), /Masq\s+1\s+1\s+0\s*$/)
    await failOver(pair)
    const { stdout, stderr } = await download
    assert.equal(Number(stdout), SLOW_BYTES, stderr)
    assert.ok(JSON.parse(await second.must('fullnat status --json')).packets.sent > 20)
  })
}

test('daemons of both roles run, outlive kill -9, and end when told', inLab(), async (t) => {
  const { client, first, second, plan } = await openPair(t, 4)
  const { pid } = JSON.parse(await second.must('fullnat status --json'))
  for (const director of [first, second]) {
    await balance(director, plan, { port: 80, servers: [1] })
    await director.must(snat(plan))
    for (const role of ['master', 'backup'])
      await director.must(`ipvsadm --start-daemon ${role} --mcast-interface eth0`)
  }
  await second.must(`kill -9 ${pid}; fullnat up`)
  const line = (role: string) =>
    `${role} sync daemon (mcast=eth0, syncid=0, maxlen=1472, group=224.0.0.81, port=8848, ttl=1)\n`
  assert.equal(await second.must('ipvsadm -L --daemon'), line('master') + line('backup'))
  await client.must(`curl -sS -o /dev/null ${url(plan.vip, 80, '/bytes/3000000')}`)
  await until(async () => (await listed(second)).length === 1, 'the connection is known')
  const { sync } = JSON.parse(await second.must('fullnat status --json'))
  assert.deepEqual([sync.refused, sync.malformed, sync.told], [0, 0, 0], 'what was heard is not told again')
  for (const role of ['master', 'backup']) await second.must(`ipvsadm --stop-daemon ${role}`)
  assert.equal(await second.must('ipvsadm -L --daemon'), '')
  await client.must(`curl -sS -o /dev/null ${url(plan.vip, 80, '/bytes/3000000')}`)
  const told = async () => JSON.parse(await first.must('fullnat status --json')).sync.told
  await until(async () => (await told()) >= 2, 'the next connection is told')
  assert.equal((await listed(second)).length, 1, 'nobody hears any more')
})
