/**
 * The shapes of the model, checked: what a state file or a request must look like before it is trusted.
 *
 * Types stay those of model/. Addresses must be in their canonical form, numbers in the range their field
 * has in the kernel.
 */
import * as words from '../address/words.js'
import type { DestinationOptions } from '../commands/command.js'
import {
  ADDRESS_TYPES,
  type Chain,
  type ChunkType,
  type IcmpType,
  type Mark,
  type Match,
  type Negatable,
  type PortSpan,
  type Prefix,
  type Rule,
  type RuleSpec,
  type RuleTable,
  type SctpChunks,
  type Target,
  type TcpFlags,
} from '../model/netfilter.js'
import type { Destination, Service, ServiceKey, ServiceOptions, Tunnel } from '../model/service.js'
import { type SettingName, type Settings, settingNames, settingSpecs } from '../model/settings.js'
import { LAYOUT, type State, type Timeouts } from '../model/state.js'
import type { SyncDaemon } from '../model/sync.js'
import { byKind, type Check, either, list, oneOf, orNull, record, text, truth, where, whole } from './check.js'
import { address, addressOrNone, count, family, name, port } from './field.js'
import { alerts, health, maintained } from './health-shape.js'

/** IFNAMSIZ, IP_VS_SCHEDNAME_MAXLEN and IP_VS_PENAME_MAXLEN less the closing zero (linux/if.h, linux/ip_vs.h). */
const NAME_MAX = 15
/** XT_EXTENSION_MAXNAMELEN less the closing zero (linux/netfilter/x_tables.h). */
const CHAIN_NAME_MAX = 28
const U32_MAX = 0xffffffff
const INT_MAX = 0x7fffffff

export const isConsistent = (key: ServiceKey): boolean =>
  key.fwmark > 0
    ? key.address === '' && key.port === 0 && key.protocol === 'tcp'
    : key.address !== '' && key.address.includes(':') === (key.family === 6)
export const INCONSISTENT = 'neither a firewall mark alone nor an address of the family that is named'

export const keyFields = {
  family,
  protocol: oneOf('tcp', 'udp', 'sctp'),
  address: addressOrNone,
  port,
  fwmark: whole(0, U32_MAX),
}
export const serviceKey = where(record<ServiceKey>(keyFields), isConsistent, INCONSISTENT)

export const optionFields = {
  scheduler: name(1, NAME_MAX),
  schedulerFlags: whole(0, 7),
  persistence: whole(0, INT_MAX),
  persistenceMask: whole(0, 128),
  persistenceEngine: name(0, NAME_MAX),
  onePacket: truth,
}
export const serviceOptions = record<ServiceOptions>(optionFields)

const tunnel = record<Tunnel>({
  type: oneOf('ipip', 'gue', 'gre'),
  port,
  checksum: oneOf('nocsum', 'csum', 'remcsum'),
})

export const destinationKey = record<Pick<Destination, 'address' | 'port'>>({ address, port })
export const destinationFields = {
  method: oneOf('masq', 'gate', 'tunnel'),
  weight: whole(0, INT_MAX),
  upperThreshold: whole(0, U32_MAX),
  lowerThreshold: whole(0, U32_MAX),
  tunnel,
}
export const destinationOptions = record<DestinationOptions>(destinationFields)

const destination = record<Destination>({ id: count, address, port, ...destinationFields, ...maintained })
const service = where(
  record<Service>({
    id: count,
    ...keyFields,
    ...optionFields,
    health: orNull(health),
    destinations: list(destination),
  }),
  isConsistent,
  INCONSISTENT,
)

const seconds = whole(0, INT_MAX)
export const timeouts = record<Timeouts>({ tcp: seconds, tcpFin: seconds, udp: seconds })

const pair = where(list(whole(0, INT_MAX)), ({ length }) => length === 2, 'not two numbers')
const setting = (name: SettingName) => whole(settingSpecs[name].from, settingSpecs[name].to)
export const settings = record<Settings>(
  Object.fromEntries(settingNames.map((name) => [name, name === 'sync_threshold' ? pair : setting(name)])) as never,
)

const negatable = <T>(value: Check<T>): Check<Negatable<T>> => record<Negatable<T>>({ invert: truth, value })
const inverted = orNull(record<{ invert: boolean }>({ invert: truth }))
const span = where(
  record<PortSpan>({ from: port, to: port }),
  (ports) => ports.from <= ports.to,
  'the first port is above the last',
)
const interfaceName = orNull(negatable(name(1, NAME_MAX)))
const protocol = negatable(whole(0, 255))
const prefix = orNull(negatable(record<Prefix>({ address, length: either(whole(0, 128), address) })))
const onePort = orNull(negatable(port))
const portMatch = { source: orNull(negatable(span)), destination: orNull(negatable(span)) }
const byte = whole(0, 0xff)
const word = whole(0, U32_MAX)
const mark = { value: word, mask: word }
const codes = record<PortSpan>({ from: byte, to: byte })
const icmpMatch = { message: negatable(record<IcmpType>({ type: byte, codes })) }
const addressTypes = orNull(negatable(list(oneOf(...ADDRESS_TYPES))))
const chunkTypes = list(record<ChunkType>({ type: byte, mask: byte, set: byte }))
const chunks = record<SctpChunks>({ extent: oneOf('all', 'any', 'only'), types: either(oneOf('ALL'), chunkTypes) })
/** FIN, SYN, RST, PSH, ACK, URG. */
const tcpFlag = whole(0, 0x3f)

const match = byKind<Match>({
  ipvs: {
    ipvs: inverted,
    protocol: orNull(protocol),
    address: prefix,
    port: onePort,
    direction: orNull(oneOf('ORIGINAL', 'REPLY')),
    method: orNull(negatable(oneOf('GATE', 'IPIP', 'MASQ'))),
    controlPort: onePort,
  },
  tcp: {
    ...portMatch,
    flags: orNull(negatable(record<TcpFlags>({ mask: tcpFlag, set: tcpFlag }))),
    option: orNull(negatable(whole(1, 0xff))),
  },
  udp: portMatch,
  sctp: { ...portMatch, chunks: orNull(negatable(chunks)) },
  icmp: icmpMatch,
  icmp6: icmpMatch,
  multiport: { side: oneOf('source', 'destination', 'either'), ports: negatable(list(span)) },
  mark: { mark: negatable(record<Mark>(mark)) },
  addrtype: { source: addressTypes, destination: addressTypes },
  comment: { text: text(0, 255) },
})

export const chainName = name(1, CHAIN_NAME_MAX)
export const policy = oneOf('ACCEPT', 'DROP')

const target = byKind<Target>({
  SNAT: {
    addresses: orNull(record<{ from: string; to: string }>({ from: address, to: address })),
    ports: orNull(span),
    random: truth,
    randomFully: truth,
    persistent: truth,
  },
  MASQUERADE: { ports: orNull(span), random: truth, randomFully: truth },
  MARK: mark,
  ACCEPT: {},
  DROP: {},
  RETURN: {},
  JUMP: { chain: chainName, goto: truth },
  NONE: {},
})

const ruleFields = {
  protocol,
  source: prefix,
  destination: prefix,
  inInterface: interfaceName,
  outInterface: interfaceName,
  fragment: inverted,
  matches: list(match),
  target,
}
export const ruleSpec = record<RuleSpec>(ruleFields)
const rule = record<Rule>({ ...ruleFields, id: count, packets: count, bytes: count })
const chain = record<Chain>({ id: count, name: chainName, policy: orNull(policy), rules: list(rule) })
export const tableName = oneOf('nat', 'mangle')
const table = record<RuleTable>({ name: tableName, family, chains: list(chain) })
const tables = record<State['nat']>({ v4: table, v6: table })

export const daemonRole = oneOf('master', 'backup')
const isMulticast = (group: string): boolean => {
  const found = words.parse(group)
  return found !== null && (group.includes(':') ? found[0] >>> 24 === 0xff : found[3] >>> 28 === 0xe)
}
export const daemon = record<SyncDaemon>({
  interface: name(0, NAME_MAX),
  syncId: whole(0, 0xff),
  maxLength: port,
  group: where(address, isMulticast, 'not a multicast address'),
  port: whole(1, 0xffff),
  ttl: whole(1, 0xff),
})
const daemons = record<State['daemons']>({ master: orNull(daemon), backup: orNull(daemon) })

export const state = record<State>({
  layout: oneOf(LAYOUT),
  revision: count,
  nextId: count,
  services: list(service),
  nat: tables,
  mangle: tables,
  timeouts,
  settings,
  daemons,
  alerts,
})
