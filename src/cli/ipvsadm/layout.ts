/** The views of `ipvsadm -L`: title and rows of each. */
import type { ServicesView } from '../../api/routes.js'
import type { Destination, Service } from '../../model/service.js'
import { large, left, right } from './column.js'
import { formatFlags } from './flag.js'
import type { View } from './request.js'

export type ServiceCounters = ServicesView['counters'][number]
export type DestinationCounters = ServiceCounters['destinations'][number]
export type Traffic = ServiceCounters['traffic']

export interface Layout {
  title: string
  /** `name` as serviceName gives it. */
  service(name: string, service: Service, traffic: Traffic, exact: boolean): string
  /** `name` is its address and port, 28 wide. */
  destination(name: string, destination: Destination, counters: DestinationCounters, exact: boolean): string
}

const HEAD = left('Prot LocalAddress:Port', 33)
const SECOND = '  -> RemoteAddress:Port'
const FORWARD = { masq: 'Masq', tunnel: 'Tunnel', gate: 'Route' } as const
const CHECKSUM = { nocsum: '-c', csum: '+c', remcsum: 'r+c' } as const

const titleOf = (...columns: string[]): string => `${[HEAD, ...columns].join(' ')}\n${SECOND}\n`
const forwardTitle = (more: string): string =>
  `Prot LocalAddress:Port Scheduler Flags\n${left(SECOND, 33)} Forward ${more}Weight ActiveConn InActConn\n`

const connections = ({ active, inactive }: DestinationCounters): string => `${left(active, 10)} ${left(inactive, 10)}`

const forward = ({ method }: Destination): string => left(FORWARD[method], 7)

/** What follows the name: scheduler, flags, persistence, in this order. */
function attributes(service: Service): string {
  const { scheduler, persistence, persistenceEngine: engine } = service
  const flags = formatFlags(service.schedulerFlags, scheduler)
  const mask = maskOf(service)
  let text = ` ${scheduler}`
  if (flags) text += ` (${flags})`
  if (persistence) text += ` persistent ${persistence}${mask && ` mask ${mask}`}${engine && ` pe ${engine}`}`
  return service.onePacket ? `${text} ops` : text
}

/** The persistence mask as it is typed; '' where it singles clients out. */
export function maskOf({ family, persistenceMask: length }: Service): string {
  if (length === (family === 6 ? 128 : 32)) return ''
  if (family === 6) return String(length)
  return [0, 8, 16, 24].map((bit) => (0xff00 >> Math.min(8, Math.max(0, length - bit))) & 255).join('.')
}

const named = (name: string, service: Service): string => name + attributes(service)

function tunnelInfo({ method, tunnel }: Destination): string {
  if (method !== 'tunnel') return 'n/a'
  const port = tunnel.type === 'gue' ? `:${tunnel.port}` : ''
  return tunnel.type === 'ipip' ? 'ipip' : `${tunnel.type}${port}:${CHECKSUM[tunnel.checksum]}`
}

const totals = (t: Traffic): number[] => [t.connections, t.inPackets, t.outPackets, t.inBytes, t.outBytes]
const packetRates = (t: Traffic): number[] => [t.connectionRate, t.inPacketRate, t.outPacketRate]
const byteRates = (t: Traffic): number[] => [t.inByteRate, t.outByteRate]

const scaled = (values: number[], exact: boolean): string => values.map((value) => large(value, exact)).join('')
const unscaled = (values: number[]): string => values.map((value) => ` ${right(value, 8)}`).join('')

export const layouts: Readonly<Record<View, Layout>> = {
  plain: {
    title: forwardTitle(''),
    service: named,
    destination: (name, d, counters) => `  -> ${name} ${forward(d)} ${left(d.weight, 6)} ${connections(counters)}`,
  },
  stats: {
    title: titleOf(...['Conns', 'InPkts', 'OutPkts', 'InBytes', 'OutBytes'].map((word) => right(word, 8))),
    service: (name, _, traffic, exact) => left(name, 33) + scaled(totals(traffic), exact),
    destination: (name, _, { traffic }, exact) => `  -> ${name}${scaled(totals(traffic), exact)}`,
  },
  rate: {
    title: titleOf(...['CPS', 'InPPS', 'OutPPS', 'InBPS', 'OutBPS'].map((word) => right(word, 8))),
    service: (name, _, traffic, exact) =>
      left(name, 33) + scaled([...packetRates(traffic), ...byteRates(traffic)], exact),
    // The first three are never scaled in this one place.
    destination: (name, _, { traffic }, exact) =>
      `  -> ${name}${unscaled(packetRates(traffic))}${scaled(byteRates(traffic), exact)}`,
  },
  thresholds: {
    title: titleOf('Uthreshold', 'Lthreshold', 'ActiveConn', left('InActConn', 10)),
    service: named,
    destination: (name, d, counters) =>
      `  -> ${name} ${left(d.upperThreshold, 10)} ${left(d.lowerThreshold, 10)} ${connections(counters)}`,
  },
  'persistent-conn': {
    title: titleOf(left('Weight', 9), 'PersistConn', 'ActiveConn', left('InActConn', 10)),
    service: named,
    destination: (name, d, counters) =>
      `  -> ${name} ${left(d.weight, 9)} ${left(counters.persistent, 11)} ${connections(counters)}`,
  },
  'tun-info': {
    title: forwardTitle('TunnelInfo    '),
    service: named,
    destination: (name, d, counters) =>
      `  -> ${name} ${forward(d)} ${left(tunnelInfo(d), 13)} ${left(d.weight, 6)} ${connections(counters)}`,
  },
}
