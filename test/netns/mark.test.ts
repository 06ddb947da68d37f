/** A service by firewall mark: one balances two addresses and two ports of each. */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { ask, type Bed, connectionsIn, endpoint, FAMILIES, openBed, sources, url } from './bed.js'
import { inLab } from './lab.js'
import type { Host, Running } from './network.js'
import { until } from './network.js'
import { type Family, flat, flatPlan } from './topology.js'

const SECOND_VIP = { 4: '192.0.2.46', 6: '2001:db8::46' } as const
const MASK = { 4: 24, 6: '64 nodad' } as const
const TABLES = { 4: 'iptables', 6: 'ip6tables' } as const
const PORTS = [80, 443]

interface MarkBed extends Bed {
  vips: string[]
  secure: Running[]
  /** A web server of the director itself, on port 8080. */
  own: Running
}

async function bed(t: TestContext, family: Family): Promise<MarkBed> {
  const opened = await openBed(t, flat)
  const { director, servers } = opened
  await director.must(`ip address add ${SECOND_VIP[family]}/${MASK[family]} dev eth0`)
  const secure = await Promise.all(servers.map((server) => server.serve('web-server.js', server.name, 443)))
  const own = await director.serve('web-server.js', 'director', 8080)
  return { ...opened, secure, own, vips: [flatPlan[family].vip, SECOND_VIP[family]] }
}

async function balanceMark(director: Host, family: Family, words: { options?: string; port?: number }): Promise<void> {
  const { options = '', port = 0 } = words
  const six = family === 6 ? ' -6' : ''
  const additions = [1, 2].map((n) => `-a -f 1${six} -r ${endpoint(flatPlan[family].server(n), port)} -m`)
  await director.must('ipvsadm -R', { input: [`-A -f 1${six} -s rr${options}`, ...additions].join('\n') })
}

async function markAndTranslate(director: Host, family: Family, rules: string[]): Promise<void> {
  for (const rule of rules) await director.must(`${TABLES[family]} -t mangle -A PREROUTING ${rule}`)
  const to = flatPlan[family].director
  await director.must(`${TABLES[family]} -t nat -A POSTROUTING -m mark --mark 1 -j SNAT --to-source ${to}`)
}

const webOf = (vip: string): string => `-d ${vip} -p tcp -m multiport --dports 80,443 -j MARK --set-mark 1`

for (const family of FAMILIES) {
  const plan = flatPlan[family]

  test(`IPv${family}: one service for two addresses and two ports; other ports stay`, inLab(), async (t) => {
    const { clients, director, webs, secure, own, vips } = await bed(t, family)
    await markAndTranslate(director, family, vips.map(webOf))
    await balanceMark(director, family, {})
    const targets = vips.flatMap((vip) => PORTS.map((port) => url(vip, port)))
    const answers: string[] = []
    for (const target of targets) answers.push(...(await ask(clients[0], target, 1)))
    assert.deepEqual(answers, ['web2', 'web1', 'web2', 'web1'], 'one round for all of them')
    for (const web of [webs[1], secure[0]]) assert.deepEqual(await sources(web, 2), [plan.director])
    assert.deepEqual(await ask(clients[0], url(vips[1], 8080), 1), ['director'])
    assert.deepEqual(await sources(own, 1), [plan.client(1)])
    const rules = await director.must(`${TABLES[family]} -t mangle -L PREROUTING -nvx`)
    assert.equal(rules.match(/^ +2 +\d+ MARK .* multiport dports 80,443 MARK set 0x1$/gm)?.length, 2, rules)
    assert.equal((await director.must('ipvsadm -Ln')).match(/-> \S+:0 +Masq +1 +0 +2 /g)?.length, 2)
  })

  test(`IPv${family}: a persistent one keeps a client at its server, and the client's port`, inLab(), async (t) => {
    const { clients, director, vips } = await bed(t, family)
    await markAndTranslate(director, family, vips.map(webOf))
    await balanceMark(director, family, { options: ' -p 60', port: 8888 })
    const targets = vips.flatMap((vip) => PORTS.map((port) => url(vip, port)))
    for (const client of clients) {
      const answers = new Set<string>()
      for (const target of targets) for (const answer of await ask(client, target, 2)) answers.add(answer)
      assert.equal(answers.size, 1)
    }
    const templates = (await director.must('ipvsadm -Lnc')).split('\n').filter((line) => line.startsWith('IP '))
    assert.equal(templates.length, 2, templates.join('\n'))
  })

  test(`IPv${family}: a rule for an interface and any address leaves the director its own`, inLab(), async (t) => {
    const { clients, director, own, vips } = await bed(t, family)
    await markAndTranslate(director, family, [
      '-i eth0 -p tcp --syn ! --dport 8080 -m addrtype --dst-type LOCAL -j MARK --set-mark 1',
    ])
    await balanceMark(director, family, {})
    assert.deepEqual(await ask(clients[0], url(vips[0], 80), 2), ['web1', 'web2'])
    assert.deepEqual(await ask(clients[0], url(vips[1], 8080), 1), ['director'])
    assert.deepEqual(await sources(own, 1), [plan.client(1)])
    const target = url(plan.server(1), 80)
    assert.deepEqual(await ask(director, target, 1), ['web1'], 'the director as a client')
  })

  test(
    `IPv${family}: connections go on when the director is killed, at a service that knows them`,
    inLab(),
    async (t) => {
      const { clients, director, vips } = await bed(t, family)
      await markAndTranslate(director, family, vips.map(webOf))
      await balanceMark(director, family, {})
      const slow = clients[0].must(`curl -sS --max-time 30 '${url(vips[1], 443, '/slow/4')}' | wc -c`)
      const active = async () => /FWM[\s\S]*-> \S+ +Masq +1 +1 /.test(await director.must('ipvsadm -Ln'))
      await until(active, 'an active connection')
      const { pid } = JSON.parse(await director.must('fullnat status --json'))
      await director.must(`kill -9 ${pid}`)
      await director.must('fullnat up')
      await until(active, 'the same active connection')
      assert.equal((await slow).trim(), `${4 * 20 * 65_536}`)
    },
  )

  test(`IPv${family}: a running connection outlives the rule that marked it`, inLab(), async (t) => {
    const { clients, director, vips } = await bed(t, family)
    await markAndTranslate(director, family, vips.map(webOf))
    await balanceMark(director, family, {})
    const slow = clients[0].must(`curl -sS --max-time 30 '${url(vips[1], 443, '/slow/3')}' | wc -c`)
    await until(async () => (await connectionsIn(director, 'ESTABLISHED')) === 1, 'an established connection')
    await director.must(`${TABLES[family]} -t mangle -F`)
    assert.match(await director.must('fullnat status'), /warning +firewall mark 1 .*no rule/)
    const { status } = await clients[0].run(`curl -sS --max-time 5 '${url(vips[1], 443)}'`)
    assert.notEqual(status, 0, 'a new one has no service')
    assert.equal((await slow).trim(), `${3 * 20 * 65_536}`)
  })
}
