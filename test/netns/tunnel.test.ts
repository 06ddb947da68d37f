/** Tunnels of every kind to servers that take the packets out and answer the client themselves, from the VIP. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ask, type Bed, balance, counted, endpoint, FAMILIES, openBed, sources, url, watch } from './bed.js'
import { inLab, type Lab } from './lab.js'
import { type Host, until } from './network.js'
import {
  FAR_NET,
  type Family,
  flat,
  flatPlan,
  type Network,
  ownVip,
  serversBehindRouter,
  twoArm,
  twoArmPlan,
} from './topology.js'

const MEBIBYTE = 1_048_576
const GUE_PORT = 6080
const ARPHRD_TUNNEL = 768

/** ipvsadm's words, and what a packet of this kind looks like to nftables. */
const KINDS = {
  ipip: { words: '', match: 'meta l4proto { 4, 41 }' },
  gre: { words: '--tun-type gre', match: 'meta l4proto 47 @th,0,16 0' },
  'gre with checksums': { words: '--tun-type gre --tun-csum', match: 'meta l4proto 47 @th,0,16 0x8000' },
  gue: { words: `--tun-type gue --tun-port ${GUE_PORT}`, match: `udp dport ${GUE_PORT} udp checksum 0` },
  'gue with checksums': {
    words: `--tun-type gue --tun-port ${GUE_PORT} --tun-csum`,
    match: `udp dport ${GUE_PORT} udp checksum != 0`,
  },
  // Version 0, two words of options, private flags: remote checksum.
  'gue with remote checksums': {
    words: `--tun-type gue --tun-port ${GUE_PORT} --tun-remcsum`,
    match: `udp dport ${GUE_PORT} udp checksum != 0 @th,64,8 0x02 @th,80,16 0x0001`,
  },
}

async function openTunnels(t: Parameters<typeof openBed>[0], build: (lab: Lab) => Promise<Network>): Promise<Bed> {
  const bed = await openBed(t, build)
  await Promise.all(bed.servers.map((server) => server.serve('decapsulate.js', GUE_PORT)))
  return bed
}

/** A service of one family, its servers reached at addresses of another. */
async function tunnels(director: Host, vip: string, servers: string[], words: string, port = 80): Promise<void> {
  const service = `-t ${endpoint(vip, port)}`
  const additions = servers.map((server) => `-a ${service} -r ${endpoint(server, port)} -i ${words}`)
  await director.must('ipvsadm -R', { input: [`-A ${service} -s rr`, ...additions].join('\n') })
}

for (const [name, { words, match }] of Object.entries(KINDS)) {
  test(`${name}: pages and uploads, IPv4 and IPv6 inside and outside`, inLab(), async (t) => {
    const { clients, director, servers, webs } = await openTunnels(t, flat)
    for (const family of FAMILIES) await ownVip(servers, flatPlan[family])
    await watch(servers[0], { tunnelled: { hook: 'prerouting', match } })
    for (const inside of FAMILIES) for (const outside of FAMILIES) await pair(inside, outside)

    async function pair(inside: Family, outside: Family): Promise<void> {
      const { vip, client } = flatPlan[inside]
      const { server } = flatPlan[outside]
      const before = await counted(servers[0], 'tunnelled')
      await director.must('ipvsadm -C')
      await tunnels(director, vip, [server(1), server(2)], words)
      assert.deepEqual(await ask(clients[0], url(vip, 80), 2), ['web1', 'web2'], `IPv${inside} in IPv${outside}`)
      for (const web of webs) assert.ok((await sources(web, 1)).includes(client(1)))
      for (const _ of [1, 2]) {
        const upload = `head -c ${4 * MEBIBYTE} /dev/zero | curl -sS --max-time 20 -T - ${url(vip, 80)}`
        assert.match(await clients[0].must(upload), new RegExp(`^web[12] received ${4 * MEBIBYTE}\n$`))
      }
      // What the client sends at full length must shrink first: the tunnel takes room of its own.
      assert.ok((await counted(servers[0], 'tunnelled')) > before + 1000, 'all of it came through the tunnel')
    }
  })
}

for (const family of FAMILIES) {
  const tooBig = family === 4 ? 'icmp type destination-unreachable icmp code frag-needed' : 'icmpv6 type packet-too-big'
  const plan = twoArmPlan[family]

  test(`IPv${family}: a client is told how much fits into the tunnel`, inLab(), async (t) => {
    const { clients, director, servers } = await openTunnels(t, (lab) => twoArm(lab, true, 1400))
    await ownVip(servers, plan)
    await watch(clients[0], { too_big: { hook: 'prerouting', match: tooBig } })
    await tunnels(director, plan.vip, [plan.server(1)], '')
    const upload = `head -c ${MEBIBYTE} /dev/zero | curl -sS --max-time 20 -T - ${url(plan.vip, 80)}`
    assert.equal(await clients[0].must(upload), `web1 received ${MEBIBYTE}\n`)
    assert.ok((await counted(clients[0], 'too_big')) > 0)
    const route = await clients[0].must(`ip route get ${plan.vip}`)
    assert.match(route, new RegExp(` mtu ${1400 - (family === 4 ? 20 : 40)}\\b`))
  })

  test(
    `IPv${family}: a router on the way of the tunnel says what fits, and the client hears it`,
    inLab(),
    async (t) => {
      const { vip } = flatPlan[family]
      const { clients, director, servers } = await openTunnels(t, (lab) => serversBehindRouter(lab, 1350))
      await ownVip(servers, flatPlan[family])
      await watch(clients[0], { too_big: { hook: 'prerouting', match: tooBig } })
      for (const outside of FAMILIES) {
        await director.must('ipvsadm -C')
        await tunnels(director, vip, [FAR_NET[outside].server], '--tun-type gre')
        const upload = `head -c ${MEBIBYTE} /dev/zero | curl -sS --max-time 20 -T - ${url(vip, 80)}`
        assert.equal(await clients[0].must(upload), `web1 received ${MEBIBYTE}\n`, `in IPv${outside}`)
        const route = await clients[0].must(`ip route get ${vip}`)
        // Around IPv6 an IPv4 header lets routers cut: there the director's own wire is what counts.
        const fits = family === 6 && outside === 4 ? 1500 : 1350
        assert.match(route, new RegExp(` mtu ${fits - (outside === 4 ? 24 : 44)}\\b`), `in IPv${outside}`)
        await clients[0].must(`ip -${family} route flush cache`)
      }
      assert.ok((await counted(clients[0], 'too_big')) >= 2)
    },
  )
}

test('with ignore_tunneled a director takes what comes out of its tunnel as its own', inLab(), async (t) => {
  const { clients, director, servers } = await openBed(t, flat)
  const [second, server] = servers
  const decapsulate = () => second.serve('decapsulate.js', GUE_PORT, ARPHRD_TUNNEL)
  let tunnel = await decapsulate()
  for (const family of FAMILIES) await ownVip(servers, flatPlan[family])
  await second.must('fullnat up')
  for (const family of FAMILIES) {
    const plan = flatPlan[family]
    await tunnels(director, plan.vip, [plan.server(1)], '')
    await balance(second, plan, { port: 80, servers: [2], method: '-g' })
  }
  const answers = async (name: string) => {
    for (const family of FAMILIES)
      assert.deepEqual(await ask(clients[0], url(flatPlan[family].vip, 80), 2), [name, name])
  }
  const rules = async (count: number) => {
    const listed = async () =>
      (await second.must('ip -4 rule; ip -6 rule')).match(/^\d+:.* iif decap0 .*goto \d+/gm) ?? []
    await until(async () => (await listed()).length === count, `${count} rules for the tunnel`)
  }
  await answers(server.name)
  await second.must('fullnat set net.ipv4.vs.ignore_tunneled=1')
  await answers(second.name)
  await tunnel.stop()
  await rules(0)
  tunnel = await decapsulate()
  await rules(2)
  await answers(second.name)
  await second.must('fullnat set net.ipv4.vs.ignore_tunneled=0')
  await rules(0)
  await answers(server.name)
})
