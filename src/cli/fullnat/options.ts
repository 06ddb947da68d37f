/** The words after `fullnat`: one command and its options, checked whole before anything happens. */
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import type { ApiOptions } from '../../api/listener.js'
import { FORMATS, LEVELS, type Level, type LogFormat } from '../../log/level.js'
import { defaults } from '../../model/state.js'
import { type ApiRequest, apiRequest } from './api.js'
import { API_OPTIONS, apiOptions } from './api-options.js'
import { type ConfigRequest, configRequest } from './config-options.js'
import { type ExplainRequest, explainRequest, type FailuresRequest, failuresRequest } from './explain.js'
import { type MaintenanceRequest, maintenanceRequest } from './maintenance-options.js'
import type { Assignment } from './settings.js'
import { type TokenRequest, tokenRequest } from './token-request.js'
import { UsageError } from './usage-error.js'

export { UsageError } from './usage-error.js'

/** auto: in the kernel if it can, else through the TUN device. */
export type DataPath = 'tun' | 'ebpf' | 'auto'

export interface UpOptions {
  /** How many connections the table can hold. */
  connections: number
  datapath: DataPath
  logLevel: Level
  logFormat: LogFormat
  /** null: the API is served on the control socket alone. */
  api: ApiOptions | null
  /** A configuration file that is applied at the start and at SIGHUP; '': none. */
  config: string
  /** Whether it is applied again when it changes. */
  watch: boolean
}

export type Request =
  /** readyFd: a descriptor to tell when traffic is served, or why not; -1 for none. */
  | { command: 'up'; foreground: boolean; readyFd: number; options: UpOptions }
  | { command: 'down'; forget: boolean }
  | { command: 'status' | 'services' | 'health'; json: boolean }
  | MaintenanceRequest
  | { command: 'alerts'; test: boolean }
  | ConfigRequest
  | { command: 'set'; assignments: Assignment[] }
  | { command: 'settings'; names: string[] }
  | ExplainRequest
  | FailuresRequest
  | TokenRequest
  | ApiRequest
  | { command: 'help' | 'version' }

export const USAGE = `Usage: fullnat COMMAND

  up [--foreground] [--connections N] [--log-level ${LEVELS.join('|')}]
     [--log-format text|json] [--datapath tun|ebpf|auto]
     [--config FILE [--watch]]   applied at the start and at SIGHUP; with --watch when it changes, too
     [--api ADDRESS:PORT [--api-cert FILE --api-key FILE] [--api-insecure]]
                      start the director of this network namespace; returns when traffic is served
  down [--forget]     stop it and give the host back as it was; --forget also deletes what was saved
  status [--json]     what it carries, what it dropped and why, and what it warns about
  services [--json]   where each service runs, in the kernel or in the engine, and why
  health [--json]     what checks found of each server, with the answer that decided
  explain tcp|udp|sctp CLIENT:PORT VIP:PORT [--json]
                      what is done with such a connection, step by step, and why
  failures [--last 5m] [--json]
                      packets dropped of late, each with its reason
  drain | halt | online SERVER[:PORT]
                      no new connections; none at all; all as before: wherever that real server is
  alerts [test]       who is told of changes of state, and what waits; with test: a message to each of them
  validate FILE       read fullnat.yaml and say all that is wrong with it, by line and column
  plan FILE [--json]  what it would change, which connections it would end, what nobody could reach; diff FILE: the changes alone
  apply FILE          all of it in one revision, or nothing
  rollback [REVISION] back to what was before a configuration was applied (the last 20 are kept)
  export              what runs, as fullnat.yaml
  set NAME=VALUE...   change settings by the kernel's names (net.ipv4.vs.expire_nodest_conn=1), all or none
  settings [NAME...]  show them, as sysctl does
  token add NAME [read|write] | list | remove NAME
                      who may use the API and the dashboard at --api's address
  api [METHOD] PATH [JSON]
                      ask the REST API over the control socket: api /v1/status
  ipvsadm ...         virtual services and real servers (also: ipvsadm-save, ipvsadm-restore)
  iptables ...        the nat table (also: iptables-save, iptables-restore, and all three as ip6tables)
  --version, --help

FULLNAT_STATE_DIR names another folder for state and log; \`fullnat status\` shows the one in use.
`

export const defaultUp = (): UpOptions => ({
  connections: defaults.connections,
  datapath: datapath(process.env.FULLNAT_DATAPATH, 'tun'),
  logLevel: 'info',
  logFormat: 'text',
  api: null,
  config: '',
  watch: false,
})

const OPTIONS = {
  up: {
    foreground: { type: 'boolean' },
    connections: { type: 'string' },
    datapath: { type: 'string' },
    'log-level': { type: 'string' },
    'log-format': { type: 'string' },
    ...API_OPTIONS,
    config: { type: 'string' },
    watch: { type: 'boolean' },
    'ready-fd': { type: 'string' },
  },
  down: { forget: { type: 'boolean' } },
  status: { json: { type: 'boolean' } },
  settings: { all: { type: 'boolean', short: 'a' } },
} as const

export function parse(argv: readonly string[]): Request {
  const [command = '--help', ...rest] = argv
  switch (command) {
    case 'up':
      return up(rest)
    case 'down':
      return { command, forget: values(rest, OPTIONS.down).forget ?? false }
    case 'status':
    case 'services':
    case 'health':
      return { command, json: values(rest, OPTIONS.status).json ?? false }
    case 'drain':
    case 'halt':
    case 'online':
      return maintenanceRequest(command, rest)
    case 'alerts':
      if (rest.length > 1 || (rest.length === 1 && rest[0] !== 'test'))
        throw new UsageError('alerts takes test, or nothing')
      return { command, test: rest.length === 1 }
    case 'validate':
    case 'plan':
    case 'diff':
    case 'apply':
    case 'rollback':
    case 'export':
      return configRequest(command, rest)
    case 'explain':
      return explainRequest(rest)
    case 'failures':
      return failuresRequest(rest)
    case 'token':
      return tokenRequest(rest)
    case 'api':
      return apiRequest(rest)
    case 'set':
      return { command, assignments: assignments(rest) }
    case 'settings':
      return { command, names: names(rest) }
    case '--help':
    case '-h':
    case 'help':
      return { command: 'help' }
    case '--version':
    case 'version':
      return { command: 'version' }
    default:
      throw new UsageError(`${command} is no command of fullnat`)
  }
}

function up(words: string[]): Request {
  const given = values(words, OPTIONS.up)
  const fallback = defaultUp()
  return {
    command: 'up',
    foreground: given.foreground ?? false,
    readyFd: whole('--ready-fd', given['ready-fd'], -1, 3, 1023),
    options: {
      connections: whole('--connections', given.connections, fallback.connections, 1, 1 << 26),
      datapath: datapath(given.datapath, fallback.datapath),
      logLevel: level(given['log-level'], fallback.logLevel),
      logFormat: logFormat(given['log-format'], fallback.logFormat),
      api: apiOptions(given),
      config: given.config === undefined ? '' : resolve(given.config),
      watch: watches(given),
    },
  }
}

function watches({ config, watch = false }: { config?: string; watch?: boolean }): boolean {
  if (watch && config === undefined) throw new UsageError('--watch goes with --config FILE')
  return watch
}

/** `NAME=VALUE`, or `NAME` alone to look at it; blanks around the sign are sysctl.conf's. */
function assignments(words: readonly string[]): Assignment[] {
  if (words.length === 0) throw new UsageError('set takes NAME=VALUE, one or more')
  return words.map((word) => {
    const [name, ...value] = word.split('=')
    if (name.trim() === '' || name.startsWith('-')) throw new UsageError(`set takes NAME=VALUE, not '${word}'`)
    return { name: name.trim(), value: value.length === 0 ? null : value.join('=').trim() }
  })
}

function names(words: readonly string[]): string[] {
  const given = words.filter((word) => !word.startsWith('-'))
  const { all } = values(
    words.filter((word) => word.startsWith('-')),
    OPTIONS.settings,
  )
  return all ? [] : given
}

function values<const T extends NonNullable<Parameters<typeof parseArgs>[0]>['options']>(words: string[], options: T) {
  try {
    return parseArgs({ args: words, options: options as T & {}, strict: true }).values
  } catch (error) {
    throw new UsageError((error as Error).message.split('. ')[0])
  }
}

function whole(name: string, text: string | undefined, fallback: number, from: number, to: number): number {
  if (text === undefined) return fallback
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN
  if (value >= from && value <= to) return value
  throw new UsageError(`${name} takes a whole number from ${from} to ${to}, not '${text}'`)
}

function datapath(text: string | undefined, fallback: DataPath): DataPath {
  if (text === undefined) return fallback
  if (text === 'tun' || text === 'ebpf' || text === 'auto') return text
  throw new UsageError(`--datapath takes tun, ebpf or auto, not '${text}'`)
}

function level(text: string | undefined, fallback: Level): Level {
  const found = text === undefined ? fallback : LEVELS.find((name) => name === text)
  if (found) return found
  throw new UsageError(`--log-level takes one of ${LEVELS.join(', ')}, not '${text}'`)
}

function logFormat(text: string | undefined, fallback: LogFormat): LogFormat {
  const found = text === undefined ? fallback : FORMATS.find((name) => name === text)
  if (found) return found
  throw new UsageError(`--log-format takes one of ${FORMATS.join(', ')}, not '${text}'`)
}
