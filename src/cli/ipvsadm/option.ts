/** Every option of ipvsadm 1.31: how it is typed, what messages call it, and what it sets. */
import type { TunnelType } from '../../model/service.js'
import { defaults } from '../../model/state.js'
import type { OptionSpec } from '../option/scanner.js'
import type { Form } from './form.js'
import { Refusal } from './refusal.js'
import type { CommandName, OptionName } from './rule.js'
import { multicastGroup, numberOr, timeout } from './value.js'

const INT_MAX = 0x7fffffff
const PORT_MAX = 65535
/** The largest UDP payload: 65535 less an IPv4 and a UDP header. */
const SYNC_LENGTH_MAX = 65507
/** IP_VS_SCHEDNAME_MAXLEN and IP_VS_PENAME_MAXLEN less the closing zero (linux/ip_vs.h). */
const NAME_MAX = 15

export interface CommandOption extends OptionSpec {
  command: CommandName | 'help' | 'version'
}

export interface PlainOption extends OptionSpec {
  /** null: accepted any number of times, everywhere. */
  name: OptionName | null
  set(form: Form, text: string): void
}

export type Option = CommandOption | PlainOption

const command = (long: string, short: string, name: CommandOption['command'] = long as CommandName): CommandOption => ({
  long,
  short,
  argument: long.endsWith('-daemon') ? 'required' : 'none',
  command: name,
})

const value = (long: string, short: string, name: OptionName, set: PlainOption['set']): PlainOption => ({
  long,
  short,
  argument: 'required',
  name,
  set,
})

const flag = (long: string, short: string, name: OptionName | null, set: PlainOption['set']): PlainOption => ({
  long,
  short,
  argument: 'none',
  name,
  set,
})

/** A flag whose presence is all it says. */
const presence = (name: OptionName, short = ''): PlainOption => flag(name, short, name, () => {})

const COMMANDS: readonly CommandOption[] = [
  command('add-service', 'A'),
  command('edit-service', 'E'),
  command('delete-service', 'D'),
  command('clear', 'C', 'flush'),
  command('list', 'L'),
  command('list', 'l'),
  command('zero', 'Z'),
  command('add-server', 'a'),
  command('edit-server', 'e'),
  command('delete-server', 'd'),
  command('set', ''),
  command('help', 'h', 'help'),
  command('version', 'v', 'version'),
  command('restore', 'R'),
  command('save', 'S'),
  command('start-daemon', ''),
  command('stop-daemon', ''),
]

const SERVICE: readonly PlainOption[] = [
  value('tcp-service', 't', 'service-address', (form, text) => form.setService('tcp', text)),
  value('udp-service', 'u', 'service-address', (form, text) => form.setService('udp', text)),
  value('sctp-service', '', 'service-address', (form, text) => form.setService('sctp', text)),
  value('fwmark-service', 'f', 'service-address', (form, text) => form.setMark(text)),
  flag('ipv6', '6', null, (form) => form.setIpv6()),
  value('scheduler', 's', 'scheduler', (form, text) => {
    form.scheduler = text.slice(0, NAME_MAX)
  }),
  {
    ...value('persistent', 'p', 'persistent', (form, text) => {
      form.persistence = timeout(text, 1)
    }),
    argument: 'optional',
  },
  value('netmask', 'M', 'netmask', (form, text) => form.setMask(text)),
  value('pe', '', 'pe', (form, text) => {
    form.engine = text.slice(0, NAME_MAX)
  }),
  value('sched-flags', 'b', 'sched-flags', (form, text) => {
    form.flags = text
  }),
  flag('ops', 'o', 'ops', (form) => {
    form.onePacket = true
  }),
]

const SERVER: readonly PlainOption[] = [
  value('real-server', 'r', 'real-server', (form, text) => form.setReal(text)),
  flag('gatewaying', 'g', 'forwarding-method', (form) => {
    form.method = 'gate'
  }),
  flag('ipip', 'i', 'forwarding-method', (form) => {
    form.method = 'tunnel'
  }),
  flag('masquerading', 'm', 'forwarding-method', (form) => {
    form.method = 'masq'
  }),
  value('weight', 'w', 'weight', (form, text) => {
    form.weight = numberOr(text, 0, INT_MAX, 'illegal weight specified')
  }),
  value('u-threshold', 'x', 'u-threshold', (form, text) => {
    form.upperThreshold = numberOr(text, 0, INT_MAX, 'illegal u_threshold specified')
  }),
  value('l-threshold', 'y', 'l-threshold', (form, text) => {
    form.lowerThreshold = numberOr(text, 0, INT_MAX, 'illegal l_threshold specified')
  }),
  value('tun-type', '', 'tun-type', (form, text) => {
    form.tunnel.type = tunnelType(text)
  }),
  value('tun-port', '', 'tun-port', (form, text) => {
    form.tunnel.port = numberOr(text, 1, PORT_MAX, 'illegal tunnel port specified')
  }),
  flag('tun-nocsum', '', 'tun-nocsum', (form) => {
    form.tunnel.checksum = 'nocsum'
  }),
  flag('tun-csum', '', 'tun-csum', (form) => {
    form.tunnel.checksum = 'csum'
  }),
  flag('tun-remcsum', '', 'tun-remcsum', (form) => {
    form.tunnel.checksum = 'remcsum'
  }),
]

const LIST: readonly PlainOption[] = [
  presence('numeric', 'n'),
  presence('connection', 'c'),
  presence('timeout'),
  presence('daemon'),
  presence('stats'),
  presence('rate'),
  presence('thresholds'),
  presence('persistent-conn'),
  presence('tun-info'),
  presence('nosort'),
  presence('exact', 'X'),
  flag('sort', '', null, () => {}),
]

const DAEMON: readonly PlainOption[] = [
  value('mcast-interface', '', 'mcast-interface', ({ daemon }, text) => {
    daemon.interface = text.slice(0, NAME_MAX)
  }),
  value('mcast-group', '', 'mcast-group', ({ daemon }, text) => {
    daemon.group = multicastGroup(text)
  }),
  value('syncid', '', 'syncid', ({ daemon }, text) => {
    daemon.syncId = numberOr(text, 0, 255, 'illegal syncid specified')
  }),
  value('mcast-port', '', 'mcast-port', ({ daemon }, text) => {
    daemon.port = numberOr(text, 1, PORT_MAX, 'illegal mcast-port specified')
  }),
  value('mcast-ttl', '', 'mcast-ttl', ({ daemon }, text) => {
    daemon.ttl = numberOr(text, 1, 255, 'illegal mcast-ttl specified')
  }),
  value('sync-maxlen', '', 'sync-maxlen', ({ daemon }, text) => {
    daemon.maxLength = numberOr(text, 1, SYNC_LENGTH_MAX, 'illegal sync-maxlen specified')
  }),
]

export const OPTIONS: readonly Option[] = [...COMMANDS, ...SERVICE, ...SERVER, ...LIST, ...DAEMON]

/** Sets what an option says; -p alone has its default. */
export function setOption(option: PlainOption, form: Form, argument: string | null): void {
  if (option.name) form.give(option.name)
  option.set(form, argument ?? String(defaults.persistence))
}

function tunnelType(text: string): TunnelType {
  if (text === 'ipip' || text === 'gue' || text === 'gre') return text
  throw new Refusal('illegal tunnel type specified')
}
