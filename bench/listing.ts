/**
 * A table with very many connections, beside web traffic that goes on: how long a listing takes, when the last ones end that are
 * past their time, and the slowest request meanwhile.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { Lab } from '../test/netns/lab.js'
import type { Host } from '../test/netns/network.js'
import { flat, flatPlan } from '../test/netns/topology.js'
import type { OperateRow } from './operate.js'
import { slowest } from './reuse.js'
import { startDirector, startServers, WEB_PORT } from './systems.js'

const TOTAL = 1_000_000
const PER_SECOND = 60_000
const UDP_PORT = 5000
/** Long enough to open them all and list them meanwhile, s. */
const TIMEOUT_S = 60
const WRK_S = 10
const LATE_MOST_S = 60
const plan = flatPlan[4]

export async function measureListing(): Promise<OperateRow[]> {
  const lab = await Lab.open(`fullnat-bench-${process.pid}-listing`)
  try {
    const { clients, director, servers } = await flat(lab)
    await startServers(servers[0])
    await startDirector(director, 'ebpf', `--connections=${2 * TOTAL}`)
    await setUp(director, servers[0])
    const flood = await clients[0].serve('flooder.js', 'udp', plan.vip, UDP_PORT, TOTAL, PER_SECOND)
    await flood.line(/^{/, 120_000)
    const endedMs = performance.now()
    const alone = await list(director)
    const [listed, besideListing] = await Promise.all([list(director), wrk(clients[1])])
    await sleep(endedMs + TIMEOUT_S * 1000 - performance.now())
    const [late, besideExpiry] = await Promise.all([lateness(director), wrk(clients[1])])
    return [
      row(`ipvsadm -Lnc, ${alone.lines} connections`, 's', alone.seconds),
      row('the same while wrk has all processors', 's', listed.seconds),
      row('the slowest request of wrk meanwhile', 'ms', besideListing),
      row("the last datagram's connection, gone after its time", 's', late),
      row('the slowest request of wrk while they end', 'ms', besideExpiry),
    ]
  } finally {
    await lab.close()
  }
}

async function setUp(director: Host, server: Host): Promise<void> {
  await director.must(`ip route add 10.0.0.0/8 via ${plan.client(1)} && ipvsadm --set 0 0 ${TIMEOUT_S}`)
  for (const [kind, port] of [
    ['-t', WEB_PORT],
    ['-u', UDP_PORT],
  ] as const) {
    await director.must(`ipvsadm -A ${kind} ${plan.vip}:${port} -s rr`)
    await director.must(`ipvsadm -a ${kind} ${plan.vip}:${port} -r ${plan.server(1)}:${port} -m`)
  }
  await director.must(`iptables -t nat -A POSTROUTING -m ipvs --vport ${WEB_PORT} -j SNAT --to-source ${plan.director}`)
  await server.must(`nft add table ip f && nft add chain ip f in '{ type filter hook input priority 0; }' &&
    nft add rule ip f in udp dport ${UDP_PORT} drop`)
}

async function list(director: Host): Promise<{ lines: number; seconds: number }> {
  const begin = performance.now()
  const lines = Number(await director.must('ipvsadm -Lnc | grep -c ^UDP', { timeoutMs: 60_000 }))
  return { lines, seconds: (performance.now() - begin) / 1000 }
}

/** Seconds until no datagram's connection is left. */
async function lateness(director: Host): Promise<number> {
  const begin = performance.now()
  const seconds = () => (performance.now() - begin) / 1000
  while (seconds() < LATE_MOST_S) {
    const { connections } = JSON.parse(await director.must('fullnat status --json'))
    if (connections < TOTAL / 100 && Number((await director.run('ipvsadm -Lnc | grep -c ^UDP')).stdout) === 0) break
    await sleep(100)
  }
  return seconds()
}

const wrk = async (client: Host): Promise<number> =>
  slowest(await client.must(`wrk -t1 -c8 -d${WRK_S}s http://${plan.vip}:${WEB_PORT}/`, { timeoutMs: 60_000 }))

const row = (what: string, unit: string, value: number): OperateRow => ({ what, unit, median: value, worst: value })
