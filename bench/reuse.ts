/**
 * Source ports used again while the server's TIME_WAIT lives: three client hosts, `Connection: close`, one source address
 * with few ports, one server that closes first (nginx). Each system and kind of client has a laboratory of its own, so that
 * none meets what another left at the server.
 */
import { Lab } from '../test/netns/lab.js'
import { addBridge, addHost, type Host } from '../test/netns/network.js'
import { flatPlan } from '../test/netns/topology.js'
import { startServers, WEB_PORT } from './systems.js'

export interface ReuseRow {
  system: string
  timestamps: boolean
  perSecond: number
  slowestMs: number
  /** SYNs that clients had to send again. */
  again: number
  /** SYNs that the server refused for an old timestamp (TcpExtPAWSTimewait). */
  refused: number
}

/** At most 48 of them are in use at a time. */
const PORTS = { from: 20_000, to: 21_023 }
const CONNECTIONS_PER_CLIENT = 16
const CLIENTS = [1, 2, 3]
const plan = flatPlan[4]
const pool = `${plan.director}:${PORTS.from}-${PORTS.to}`

const nftables = async (director: Host): Promise<void> => {
  const rules = `table ip nat {
    chain pre { type nat hook prerouting priority -100; ip daddr ${plan.vip} tcp dport ${WEB_PORT} dnat to ${plan.server(1)}; }
    chain post { type nat hook postrouting priority 100; ip daddr ${plan.server(1)} meta l4proto tcp snat to ${pool}; }
  }`
  await director.must('sysctl -qw net.ipv4.ip_forward=1 && nft -f -', { input: rules })
}

const fullnat =
  (datapath: 'tun' | 'ebpf') =>
  async (director: Host): Promise<void> => {
    await director.must(`fullnat up --datapath=${datapath}`)
    await director.must(`ipvsadm -A -t ${plan.vip}:${WEB_PORT} -s rr`)
    await director.must(`ipvsadm -a -t ${plan.vip}:${WEB_PORT} -r ${plan.server(1)}:${WEB_PORT} -m`)
    await director.must(`iptables -t nat -A POSTROUTING -p tcp -m ipvs --ipvs -j SNAT --to-source ${pool}`)
  }

const SYSTEMS = { 'nftables DNAT+SNAT': nftables, 'fullnat (TUN)': fullnat('tun'), 'fullnat (eBPF)': fullnat('ebpf') }

export async function measureReuse(seconds: number): Promise<ReuseRow[]> {
  const rows: ReuseRow[] = []
  for (const timestamps of [true, false])
    for (const [system, setUp] of Object.entries(SYSTEMS))
      rows.push({ system, timestamps, ...(await measure(setUp, timestamps, seconds)) })
  return rows
}

async function measure(setUp: (director: Host) => Promise<void>, timestamps: boolean, seconds: number) {
  const lab = await Lab.open(`fullnat-bench-${process.pid}-reuse`)
  try {
    await addBridge(lab, 'lan')
    const host = (name: string, ...addresses: string[]) =>
      addHost(lab, name, { bridge: 'lan', addresses: addresses.map((address) => `${address}/${plan.length}`) })
    const clients = await Promise.all(CLIENTS.map((n) => host(`client${n}`, plan.client(n))))
    const server = await host('web1', plan.server(1))
    await startServers(server)
    await setUp(await host('director', plan.director, plan.vip))
    if (!timestamps) for (const client of clients) await client.must('sysctl -qw net.ipv4.tcp_timestamps=0')
    const texts = await Promise.all(clients.map((client) => wrk(client, seconds)))
    const again = await Promise.all(clients.map((client) => counter(client, 'TcpExtTCPSynRetrans')))
    return {
      perSecond: sum(texts.map((text) => Number(/Requests\/sec:\s+([\d.]+)/.exec(text)![1]))),
      slowestMs: Math.max(...texts.map(slowest)),
      again: sum(again),
      refused: await counter(server, 'TcpExtPAWSTimewait'),
    }
  } finally {
    await lab.close()
  }
}

const wrk = (client: Host, seconds: number): Promise<string> =>
  client.must(
    `wrk -t1 -c${CONNECTIONS_PER_CLIENT} -d${seconds}s -H 'Connection: close' http://${plan.vip}:${WEB_PORT}/`,
    { timeoutMs: (seconds + 20) * 1000 },
  )

/** The third figure of `Latency  1.23ms  456.00us  0.99s  87.65%`. */
function slowest(text: string): number {
  const [, figure, unit] = /Latency\s+\S+\s+\S+\s+([\d.]+)(us|ms|s)/.exec(text)!
  return Number(figure) * { us: 0.001, ms: 1, s: 1000 }[unit as 'us' | 'ms' | 's']
}

async function counter(host: Host, name: string): Promise<number> {
  const text = await host.must(`nstat -asz ${name}`)
  return Number(new RegExp(`^${name}\\s+(\\d+)`, 'm').exec(text)![1])
}

const sum = (values: number[]): number => values.reduce((total, value) => total + value, 0)
