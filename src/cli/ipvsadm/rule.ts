/** Which options a command takes, and which of them it needs or allows only one of: ipvsadm(8)'s matrix. */
import { Refusal } from './refusal.js'

/** Options as messages name them, in the order in which they are checked. */
export const OPTION_NAMES = [
  'numeric',
  'connection',
  'service-address',
  'scheduler',
  'persistent',
  'netmask',
  'real-server',
  'forwarding-method',
  'weight',
  'u-threshold',
  'l-threshold',
  'mcast-interface',
  'timeout',
  'daemon',
  'stats',
  'rate',
  'thresholds',
  'persistent-conn',
  'nosort',
  'syncid',
  'exact',
  'ops',
  'pe',
  'sched-flags',
  'mcast-group',
  'mcast-port',
  'mcast-ttl',
  'sync-maxlen',
  'tun-info',
  'tun-type',
  'tun-port',
  'tun-nocsum',
  'tun-csum',
  'tun-remcsum',
] as const
export type OptionName = (typeof OPTION_NAMES)[number]

export interface Rule {
  required: readonly OptionName[]
  /** At most one of these. */
  exclusive: readonly OptionName[]
  optional: readonly OptionName[]
}

const NONE: Rule = { required: [], exclusive: [], optional: [] }
const SERVICE: Rule = {
  ...NONE,
  required: ['service-address'],
  optional: ['scheduler', 'persistent', 'netmask', 'ops', 'pe', 'sched-flags'],
}
const SERVER: Rule = {
  ...NONE,
  required: ['service-address', 'real-server'],
  optional: [
    'forwarding-method',
    'weight',
    'u-threshold',
    'l-threshold',
    'tun-type',
    'tun-port',
    'tun-nocsum',
    'tun-csum',
    'tun-remcsum',
  ],
}

/** By the command's name in messages. */
export const COMMAND_RULES = {
  'add-service': SERVICE,
  'edit-service': SERVICE,
  'delete-service': { ...NONE, required: ['service-address'] },
  flush: NONE,
  list: {
    ...NONE,
    exclusive: ['connection', 'service-address', 'timeout', 'daemon'],
    optional: ['numeric', 'stats', 'rate', 'thresholds', 'persistent-conn', 'tun-info', 'nosort', 'exact', 'syncid'],
  },
  'add-server': SERVER,
  'edit-server': SERVER,
  'delete-server': { ...NONE, required: ['service-address', 'real-server'] },
  set: NONE,
  'start-daemon': {
    ...NONE,
    optional: ['mcast-interface', 'syncid', 'mcast-group', 'mcast-port', 'mcast-ttl', 'sync-maxlen'],
  },
  'stop-daemon': { ...NONE, optional: ['syncid'] },
  restore: NONE,
  save: { ...NONE, optional: ['numeric'] },
  zero: { ...NONE, optional: ['service-address'] },
} as const satisfies Record<string, Rule>
export type CommandName = keyof typeof COMMAND_RULES

const TUNNEL_OPTIONS: readonly OptionName[] = ['tun-port', 'tun-nocsum', 'tun-csum', 'tun-remcsum']
const TUNNEL_RULES = {
  ipip: NONE,
  gue: { ...NONE, required: ['tun-port'], exclusive: ['tun-nocsum', 'tun-csum', 'tun-remcsum'] },
  gre: { ...NONE, exclusive: ['tun-nocsum', 'tun-csum'] },
} as const satisfies Record<string, Rule>

export function checkCommand(command: CommandName, given: ReadonlySet<OptionName>): void {
  check(COMMAND_RULES[command], given, OPTION_NAMES, `'${command}' command`)
}

export function checkTunnel(type: keyof typeof TUNNEL_RULES, given: ReadonlySet<OptionName>): void {
  check(TUNNEL_RULES[type], given, TUNNEL_OPTIONS, `'${type}' tunnel type`)
}

/** The first option, in their order, that breaks the rule is the one complained of. */
function check(rule: Rule, given: ReadonlySet<OptionName>, order: readonly OptionName[], subject: string): void {
  let only: OptionName | null = null
  for (const name of order) {
    if (!given.has(name)) {
      if (rule.required.includes(name)) throw new Refusal(`You need to supply the '${name}' option for the ${subject}`)
    } else if (rule.exclusive.includes(name)) {
      if (only) throw new Refusal(`The option '${name}' conflicts with the '${only}' option in the ${subject}`)
      only = name
    } else if (!rule.required.includes(name) && !rule.optional.includes(name)) {
      throw new Refusal(`Illegal '${name}' option with the ${subject}`)
    }
  }
}
