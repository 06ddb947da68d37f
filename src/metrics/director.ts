/**
 * What Prometheus scrapes: the director, its services and servers, its source ports.
 *
 * Promises names and labels that stay, counters that only rise (but for `ipvsadm -Z`), and text that promtool accepts. It
 * asks nobody: it writes what it is given.
 */
import type { PoolView, ServicesView, StatusView } from '../api/routes.js'
import type { DestinationCounters, Traffic } from '../engine/data-plane.js'
import { REASONS } from '../failure/reason.js'
import type { CheckView, HealthView, ServerView } from '../health/view.js'
import { endpointName, serviceName } from '../model/name.js'
import type { Destination } from '../model/service.js'
import { Exposition, type Kind, labels } from './exposition.js'

export interface Scrape {
  status: StatusView
  services: ServicesView
  pools: readonly PoolView[]
  health: HealthView
}

/** A family, and what it reads of each thing it is about. */
type Family<T> = readonly [name: string, kind: Kind, help: string, read: (of: T) => number]

export function metricsText({ status, services, pools, health }: Scrape): string {
  const out = new Exposition()
  writeDirector(out, status)
  write(
    out,
    poolFamilies,
    pools.map((pool) => [labels({ address: pool.address }), pool]),
  )
  writeServices(out, services)
  writeHealth(out, health)
  return out.text()
}

function write<T>(out: Exposition, families: readonly Family<T>[], of: readonly (readonly [string, T])[]): void {
  for (const [name, kind, help, read] of families) {
    out.family(name, kind, help)
    for (const [each, value] of of) out.sample(each, read(value))
  }
}

const directorFamilies: Family<StatusView>[] = [
  ['fullnat_uptime_seconds', 'gauge', 'Since the director started.', ({ uptimeMs }) => uptimeMs / 1000],
  ['fullnat_revision', 'gauge', 'Of the configuration: rises by one at every change.', ({ revision }) => revision],
  ['fullnat_connections', 'gauge', 'Connections in the table.', ({ connections }) => connections],
  ['fullnat_connections_max', 'gauge', 'Connections that the table can hold.', ({ capacity }) => capacity],
  ['fullnat_warnings', 'gauge', 'Warnings that stand; `fullnat status` shows them.', ({ warnings }) => warnings.length],
  [
    'fullnat_early_ports_total',
    'counter',
    'Source ports taken from connections in TIME_WAIT.',
    ({ earlyPorts }) => earlyPorts,
  ],
]

function writeDirector(out: Exposition, status: StatusView): void {
  const { version, datapath, packets, drops } = status
  out.family('fullnat_info', 'gauge', 'The director, and what carries its packets.')
  out.sample(labels({ version, datapath }), 1)
  write(out, directorFamilies, [['', status]])
  for (const what of ['packets', 'bytes'] as const) {
    out.family(`fullnat_carried_${what}_total`, 'counter', 'Traffic of balanced services, by what carried it.')
    for (const path of ['engine', 'kernel'] as const) out.sample(labels({ path }), status.carried[path][what])
  }
  out.family('fullnat_engine_packets_total', 'counter', 'Packets that the engine received, sent, and left to the host.')
  out.sample(labels({ what: 'received' }), packets.received)
  out.sample(labels({ what: 'sent' }), packets.sent)
  out.sample(labels({ what: 'to_host' }), packets.toHost)
  out.family('fullnat_dropped_packets_total', 'counter', 'Packets dropped, by reason.')
  for (const reason of REASONS) if (reason !== 'none') out.sample(labels({ reason }), drops[reason] ?? 0)
}

const poolFamilies: Family<PoolView>[] = [
  ['fullnat_pool_ports_used', 'gauge', 'Source ports of this address in use, over all servers.', ({ used }) => used],
  [
    'fullnat_pool_ports_free',
    'gauge',
    'Source ports of this address left towards the server that has most of them.',
    ({ free }) => free,
  ],
]

const trafficFamilies = (of: string): Family<Traffic>[] => [
  [`fullnat_${of}_connections_total`, 'counter', 'Connections made.', ({ connections }) => connections],
  [`fullnat_${of}_in_packets_total`, 'counter', 'Packets from clients.', ({ inPackets }) => inPackets],
  [`fullnat_${of}_out_packets_total`, 'counter', 'Packets to clients.', ({ outPackets }) => outPackets],
  [`fullnat_${of}_in_bytes_total`, 'counter', 'Bytes from clients, by IP length.', ({ inBytes }) => inBytes],
  [`fullnat_${of}_out_bytes_total`, 'counter', 'Bytes to clients, by IP length.', ({ outBytes }) => outBytes],
]
const serviceTraffic = trafficFamilies('service')
const serverTraffic = trafficFamilies('server')

const serverFamilies: Family<{ destination: Destination; counters: DestinationCounters }>[] = [
  [
    'fullnat_server_weight',
    'gauge',
    'The weight; 0 takes no new connections.',
    ({ destination }) => destination.weight,
  ],
  ['fullnat_server_active_connections', 'gauge', 'ActiveConn.', ({ counters }) => counters.active],
  ['fullnat_server_inactive_connections', 'gauge', 'InActConn.', ({ counters }) => counters.inactive],
]

function writeServices(out: Exposition, { services, counters }: ServicesView): void {
  const names = services.map(serviceName)
  write(
    out,
    serviceTraffic,
    names.map((service, i) => [labels({ service }), counters[i].traffic]),
  )
  const servers = services.flatMap(({ destinations }, i) =>
    destinations.map((destination, j) => {
      const each = labels({ service: names[i], server: endpointName(destination) })
      return [each, { destination, counters: counters[i].destinations[j] }] as const
    }),
  )
  write(
    out,
    serverTraffic,
    servers.map(([each, { counters }]) => [each, counters.traffic]),
  )
  write(out, serverFamilies, servers)
}

const findingFamilies: Family<ServerView>[] = [
  ['fullnat_server_up', 'gauge', 'What its checks found: 1 up, 0 down.', ({ up }) => Number(up)],
  [
    'fullnat_server_effective_weight',
    'gauge',
    'The weight as checks, slow start and maintenance leave it.',
    ({ effectiveWeight }) => effectiveWeight,
  ],
]
const checkFamilies: Family<CheckView>[] = [
  ['fullnat_check_up', 'gauge', 'What this check found: 1 up, 0 down.', ({ up }) => Number(up)],
  ['fullnat_check_seconds', 'gauge', 'How long its last answer took.', ({ last }) => (last?.tookMs ?? 0) / 1000],
]

/** Of servers that are checked. */
function writeHealth(out: Exposition, { services }: HealthView): void {
  const checked = services.flatMap(({ key, servers }) =>
    servers
      .filter(({ checks }) => checks.length > 0)
      .map((server) => ({ server, names: { service: serviceName(key), server: endpointName(server) } })),
  )
  write(
    out,
    findingFamilies,
    checked.map(({ server, names }) => [labels(names), server]),
  )
  const checks = checked.flatMap(({ server, names }) =>
    server.checks.map((check, i) => [labels({ ...names, check: `${i + 1} ${check.kind}` }), check] as const),
  )
  write(out, checkFamilies, checks)
}
