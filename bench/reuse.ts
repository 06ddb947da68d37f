/**
 * Source ports used again while the server's TIME_WAIT lives: three client hosts, `Connection: close`, one source address
 * with few ports, one server that closes first (nginx). Each system and kind of client has a laboratory of its own, so that
 * none meets what another left at the server.
 */
import { Lab } from '../test/netns/lab.js'
import { addBridge, addHost, type Host } from '../test/netns/network.js'
import { flatPlan } from '../test/netns/topology.js'
import { forwardLvs, REAL, startDirector, startServers, WEB_PORT } from './systems.js'

export interface ReuseRow {
  system: string
  ports: string
  timestamps: boolean
  perSecond: number
  slowestMs: number
  /** SYNs that clients had to send again. */
  again: number
  /** SYNs that the server refused for an old timestamp (TcpExtPAWSTimewait); null: its kernel does not count them. */
  refused: number | null
}

/** What the source may be: 1 024 ports, of which at most 48 are in use at a time, or all that netfilter gives clients. */
const PORTS = { '1 024': ':20000-21023', all: '' } as const
export type Ports = keyof typeof PORTS
const CONNECTIONS_PER_CLIENT = 16
const CLIENTS = [1, 2, 3]
const plan = flatPlan[4]

type Setup = (director: Host, pool: string) => Promise<void>

const nftables: Setup = async (director, pool) => {
  const rules = `table ip nat {
    chain pre { type nat hook prerouting priority -100; ip daddr ${plan.vip} tcp dport ${WEB_PORT} dnat to ${plan.server(1)}; }
    chain post { type nat hook postrouting priority 100; ip daddr ${plan.server(1)} meta l4proto tcp snat to ${pool}; }
  }`
  await director.must('sysctl -qw net.ipv4.ip_forward=1 && nft -f -', { input: rules })
}

const fullnat =
  (datapath: 'tun' | 'ebpf'): Setup =>
  async (director, pool) => {
    await startDirector(director, datapath)
    await balanced(director, pool, 'ipvsadm', 'iptables')
  }

const realLvs: Setup = async (director, pool) => {
  await forwardLvs(director)
  await balanced(director, pool, REAL.ipvsadm, REAL.iptables)
}

async function balanced(director: Host, pool: string, ipvsadm: string, iptables: string): Promise<void> {
  await director.must(`${ipvsadm} -A -t ${plan.vip}:${WEB_PORT} -s rr`)
  await director.must(`${ipvsadm} -a -t ${plan.vip}:${WEB_PORT} -r ${plan.server(1)}:${WEB_PORT} -m`)
  await director.must(`${iptables} -t nat -A POSTROUTING -p tcp -m ipvs --ipvs -j SNAT --to-source ${pool}`)
}

const SETUPS: Record<string, Setup> = {
  'real LVS-SNAT': realLvs,
  'nftables DNAT+SNAT': nftables,
  'fullnat (TUN)': fullnat('tun'),
  'fullnat (eBPF)': fullnat('ebpf'),
}
export const REUSE_SYSTEMS = Object.keys(SETUPS).slice(1)

export async function measureReuse(systems: string[], kinds: Ports[], seconds: number): Promise<ReuseRow[]> {
  const rows: ReuseRow[] = []
  for (const ports of kinds)
    for (const timestamps of [true, false])
      for (const system of systems)
        rows.push({ system, ports, timestamps, ...(await measure(SETUPS[system], ports, timestamps, seconds)) })
  return rows
}

async function measure(setUp: Setup, ports: Ports, timestamps: boolean, seconds: number) {
  const lab = await Lab.open(`fullnat-bench-${process.pid}-reuse`)
  try {
    await addBridge(lab, 'lan')
    const host = (name: string, ...addresses: string[]) =>
      addHost(lab, name, { bridge: 'lan', addresses: addresses.map((address) => `${address}/${plan.length}`) })
    const clients = await Promise.all(CLIENTS.map((n) => host(`client${n}`, plan.client(n))))
    const server = await host('web1', plan.server(1))
    await startServers(server)
    await setUp(await host('director', plan.director, plan.vip), `${plan.director}${PORTS[ports]}`)
    if (!timestamps) for (const client of clients) await client.must('sysctl -qw net.ipv4.tcp_timestamps=0')
    const texts = await Promise.all(clients.map((client) => wrk(client, seconds)))
    const again = await Promise.all(clients.map((client) => counter(client, 'TcpExtTCPSynRetrans')))
    return {
      perSecond: sum(texts.map((text) => Number(/Requests\/sec:\s+([\d.]+)/.exec(text)![1]))),
      slowestMs: Math.max(...texts.map(slowest)),
      again: sum(again.map((count) => count ?? 0)),
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

/** Of wrk's report: the third figure of `Latency  1.23ms  456.00us  0.99s  87.65%`. */
export function slowest(text: string): number {
  const [, figure, unit] = /Latency\s+\S+\s+\S+\s+([\d.]+)(us|ms|s)/.exec(text)!
  return Number(figure) * { us: 0.001, ms: 1, s: 1000 }[unit as 'us' | 'ms' | 's']
}

/** Of /proc/net/netstat, as nstat names them: a line of names, then one of values. null: this kernel does not count it. */
async function counter(host: Host, name: string): Promise<number | null> {
  const lines = (await host.must('cat /proc/net/netstat')).split('\n').map((line) => line.split(' '))
  const at = lines.findIndex(([group, ...names]) => names.some((each) => group.slice(0, -1) + each === name))
  return at < 0 ? null : Number(lines[at + 1][lines[at].indexOf(name.slice(lines[at][0].length - 1))])
}

const sum = (values: number[]): number => values.reduce((total, value) => total + value, 0)
