/** A laboratory with a network, its web servers and a director that serves, for one test. */
import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { Lab } from './lab.js'
import { type Host, isIpv6, type Running, until } from './network.js'
import type { Family, Network, Plan } from './topology.js'

export interface Bed extends Network {
  lab: Lab
  /** The web servers on port 80 of the servers, whose lines are their access logs. */
  webs: Running[]
}

export async function openBed(t: TestContext, build: (lab: Lab) => Promise<Network>): Promise<Bed> {
  const lab = await Lab.open()
  t.after(() => lab.close())
  const network = await build(lab)
  const webs = await Promise.all(network.servers.map((server) => server.serve('web-server.js', server.name, 80)))
  await network.director.must('fullnat up')
  return { ...network, lab, webs }
}

export const endpoint = (address: string, port: number): string =>
  isIpv6(address) ? `[${address}]:${port}` : `${address}:${port}`

export const url = (address: string, port: number, path = '/'): string => `http://${endpoint(address, port)}${path}`

export interface ServiceWords {
  protocol?: 'tcp' | 'udp'
  port: number
  serverPort?: number
  servers?: number[]
  /** ipvsadm's words for the forwarding method. */
  method?: string
}

/** A service and its servers, as the article has them. */
export async function balance(director: Host, plan: Plan, words: ServiceWords): Promise<void> {
  const { protocol = 'tcp', port, serverPort = port, servers = [1, 2], method = '-m' } = words
  const service = `${protocol === 'tcp' ? '-t' : '-u'} ${endpoint(plan.vip, port)}`
  const additions = servers.map((n) => `-a ${service} -r ${endpoint(plan.server(n), serverPort)} ${method}`)
  await director.must('ipvsadm -R', { input: [`-A ${service} -s rr`, ...additions].join('\n') })
}

/** The article's rule: translate the source of what goes to the VIP's port. */
export async function translateSource(director: Host, plan: Plan, port: number): Promise<void> {
  const program = isIpv6(plan.vip) ? 'ip6tables' : 'iptables'
  const match = `-m ipvs --vaddr ${plan.vip}/${isIpv6(plan.vip) ? 128 : 32} --vport ${port}`
  await director.must(`${program} -t nat -A POSTROUTING ${match} -j SNAT --to-source ${plan.director}`)
}

/** Ask once for each of `count` connections; the answers, sorted. */
export async function ask(client: Host, target: string, count: number): Promise<string[]> {
  const line = `for n in $(seq ${count}); do curl -sS --max-time 5 '${target}' || exit; done`
  return (await client.must(line, { timeoutMs: 60_000 })).trim().split('\n').sort()
}

/** The addresses in an access log of `count` requests, once each. */
export async function sources({ lines }: Running, count: number): Promise<string[]> {
  const requests = () => lines.filter((line) => line.includes(' - - '))
  await until(() => requests().length >= count, `${count} requests logged`)
  return [...new Set(requests().map((line) => line.split(' ')[0]))]
}

/** Packet counts of nftables counters on a host: `watch` sets them up, `counted` reads them. */
export async function watch(host: Host, rules: Record<string, { hook: string; match: string }>): Promise<void> {
  const lines = Object.entries(rules).map(
    ([name, { hook, match }]) => `
    counter ${name} {}
    chain ${name} { type filter hook ${hook} priority -500; ${match} counter name ${name}; }`,
  )
  await host.must('nft -f -', { input: `table inet watch {${lines.join('')}\n}\n` })
}

export async function counted(host: Host, name: string): Promise<number> {
  const text = await host.must(`nft list counter inet watch ${name}`)
  const found = /packets (\d+)/.exec(text)
  assert.ok(found, text)
  return Number(found[1])
}

/** How many connections of the director are in a state, by `ipvsadm -Lnc`. */
export async function connectionsIn(director: Host, state: string): Promise<number> {
  const text = await director.must('ipvsadm -Lnc')
  return text.split('\n').filter((line) => line.includes(` ${state} `)).length
}

export const FAMILIES: Family[] = [4, 6]
