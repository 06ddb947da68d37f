/**
 * The systems that are measured side by side, each in a laboratory of its own with the same network: one client, one
 * director between two subnets, one web server (nginx) and iperf3 behind it. Only the director's set-up differs.
 */
import { Lab } from '../test/netns/lab.js'
import { type Host, type Running, until } from '../test/netns/network.js'
import { twoArm, twoArmPlan } from '../test/netns/topology.js'

const plan = twoArmPlan[4]
export const WEB_PORT = 80
export const IPERF_PORT = 5201
const SERVER = plan.server(1)

export interface Bench {
  name: string
  lab: Lab
  client: Host
  director: Host
  server: Host
  /** What the client connects to. */
  target: string
}

type Setup = (director: Host, client: Host) => Promise<string>

/** Plain kernel forwarding: the client has a route to the server. Nothing is translated. */
const plain: Setup = async (director, client) => {
  await director.must('sysctl -qw net.ipv4.ip_forward=1')
  await client.must(`ip route add ${SERVER}/32 via ${plan.vip}`)
  return SERVER
}

const nftables: Setup = async (director) => {
  await director.must('sysctl -qw net.ipv4.ip_forward=1')
  const rules = `table ip nat {
    chain pre { type nat hook prerouting priority -100; ip daddr ${plan.vip} meta l4proto { tcp, udp } th dport { ${WEB_PORT}, ${IPERF_PORT} } dnat to ${SERVER}; }
    chain post { type nat hook postrouting priority 100; ip daddr ${SERVER} snat to ${plan.director}; }
  }`
  await director.must('nft -f -', { input: rules })
  return plan.vip
}

/** In TCP mode a proxy ends both connections, so it copies every byte. UDP is not for it. */
const haproxy: Setup = async (director) => {
  const listen = (port: number): string =>
    `listen port${port}\n  bind ${plan.vip}:${port} backlog 8192\n  server one ${SERVER}:${port}\n`
  const limits = 'defaults\n  mode tcp\n  timeout connect 5s\n  timeout client 60s\n  timeout server 60s\n'
  const input = `global\n  maxconn 8000\n${limits}${[WEB_PORT, IPERF_PORT].map(listen).join('')}`
  await director.must('cat >/run/haproxy.cfg', { input })
  director.start('haproxy -db -f /run/haproxy.cfg')
  await accepts(director)
  return plan.vip
}

const nginx: Setup = async (director) => {
  const listen = (port: number): string =>
    `server { listen ${plan.vip}:${port} backlog=8192; proxy_pass ${SERVER}:${port}; }\n`
  const input = `load_module /usr/lib/nginx/modules/ngx_stream_module.so;
daemon off; worker_processes 2; pid /run/stream/pid; error_log stderr;
events { worker_connections 8192; }
stream { ${[WEB_PORT, IPERF_PORT].map(listen).join('')} }
`
  await director.must('mkdir -p /run/stream && cat >/run/stream/nginx.conf', { input })
  director.start('nginx -p /run/stream -c /run/stream/nginx.conf')
  await accepts(director)
  return plan.vip
}

const accepts = (director: Host): Promise<void> =>
  until(
    async () => (await director.run(`curl -sf -o /dev/null http://${plan.vip}:${WEB_PORT}/`)).status === 0,
    'the proxy',
  )

const fullnat =
  (datapath: 'tun' | 'ebpf'): Setup =>
  async (director) => {
    await startDirector(director, datapath)
    return balanced(director, 'ipvsadm', 'iptables')
  }

/** In the foreground, so that it may take longer to start than anybody should wait for on a machine that is not emulated. */
export async function startDirector(director: Host, datapath: 'tun' | 'ebpf', ...more: string[]): Promise<void> {
  const running = director.start(['fullnat up --foreground', `--datapath=${datapath}`, ...more].join(' '))
  const up = async () => (await director.run('fullnat status')).status === 0
  await until(up, `a director; it said:\n${running.lines.join('\n')}`, 180_000)
}

/** Debian's own commands, whatever else is on the path. */
export const REAL = { ipvsadm: '/usr/sbin/ipvsadm', iptables: '/usr/sbin/iptables' }

/** The kernel's IPVS with xt_ipvs and netfilter's SNAT: where there are none (npm run bench:lvs), it says so. */
const realLvs: Setup = async (director) => {
  await forwardLvs(director)
  return balanced(director, REAL.ipvsadm, REAL.iptables)
}

/** SNAT of what LVS forwards is conntrack's work, which LVS leaves alone unless told. */
export const forwardLvs = (director: Host): Promise<string> =>
  director.must(`${REAL.ipvsadm} -ln && sysctl -qw net.ipv4.ip_forward=1 net.ipv4.vs.conntrack=1`)

async function balanced(director: Host, ipvsadm: string, iptables: string): Promise<string> {
  for (const [kind, port] of [
    ['-t', WEB_PORT],
    ['-t', IPERF_PORT],
    ['-u', IPERF_PORT],
  ] as const) {
    await director.must(`${ipvsadm} -A ${kind} ${plan.vip}:${port} -s rr`)
    await director.must(`${ipvsadm} -a ${kind} ${plan.vip}:${port} -r ${SERVER}:${port} -m`)
  }
  await director.must(
    `${iptables} -t nat -A POSTROUTING -m ipvs --vaddr ${plan.vip} -j SNAT --to-source ${plan.director}`,
  )
  return plan.vip
}

const SETUPS: Record<string, Setup> = {
  'real LVS-SNAT': realLvs,
  'plain forwarding': plain,
  'nftables DNAT+SNAT': nftables,
  'fullnat (TUN)': fullnat('tun'),
  'fullnat (eBPF)': fullnat('ebpf'),
  'HAProxy (TCP)': haproxy,
  'nginx (stream)': nginx,
}

/** In the order of the table; all ratios are against the first. */
export const SYSTEMS = Object.keys(SETUPS).slice(1)
/** On a kernel that has IPVS. */
export const LVS_SYSTEMS = ['real LVS-SNAT', 'fullnat (eBPF)', 'plain forwarding']

/** Systems that forward packets, so that UDP goes through as well. */
export const FORWARDS = (name: string): boolean => !name.startsWith('HAProxy') && !name.startsWith('nginx')

export async function open(name: string): Promise<Bench> {
  const lab = await Lab.open(`fullnat-bench-${process.pid}-${Object.keys(SETUPS).indexOf(name)}`)
  try {
    const { clients, director, servers } = await twoArm(lab, true)
    await startServers(servers[0])
    return {
      name,
      lab,
      client: clients[0],
      director,
      server: servers[0],
      target: await SETUPS[name](director, clients[0]),
    }
  } catch (error) {
    await lab.close()
    throw error
  }
}

export async function startServers(server: Host): Promise<Running[]> {
  const folder = '/run/nginx' // the laboratory's own, gone with it
  await server.must(`mkdir -p ${folder} && cat >${folder}/nginx.conf`, { input: nginxConfiguration(folder) })
  const nginx = server.start(`nginx -p ${folder} -c ${folder}/nginx.conf`)
  const iperf = server.start(`iperf3 -s --forceflush -p ${IPERF_PORT}`)
  await iperf.line(/listening/)
  await until(
    async () => (await server.run(`curl -sf -o /dev/null http://${SERVER}:${WEB_PORT}/`)).status === 0,
    'nginx',
  )
  return [nginx, iperf]
}

/** 1 kB answers from memory, no log, connections kept as long as the client likes. */
const nginxConfiguration = (
  folder: string,
): string => `daemon off; worker_processes 1; pid ${folder}/pid; error_log stderr;
events { worker_connections 8192; }
http {
  access_log off; keepalive_requests 100000000;
  server { listen ${WEB_PORT} backlog=8192; location / { return 200 "${'x'.repeat(1024)}"; } }
}
`
