/**
 * Health checks, as an administrator states them: what is asked of a real server, how often, and what follows.
 *
 * Plain data, JSON-safe, nothing optional: what was not said has its default from `checkDefaults`. What checks find is
 * never written here (health/effective.ts lays it over the state). Texts that go over the wire or are compared with
 * it are Latin-1, a character a byte, so that any byte can be written; '' stands for none.
 */
import type { Method } from './service.js'

/** When a check is made, and how many answers it takes to believe them. */
export interface Timing {
  intervalMs: number
  /** From the first packet to the verdict. */
  timeoutMs: number
  /** So many good answers in a row bring a server back, so many bad ones take it out. */
  rise: number
  fall: number
  /** Percent of the interval by which each check comes earlier or later, so that servers are not asked in step. */
  jitter: number
  /** Where it is asked; 0: the server's own port. */
  port: number
}

export interface StatusSpan {
  from: number
  to: number
}

export interface TcpProbe {
  kind: 'tcp'
  send: string
  /** A regular expression that what comes back must match. */
  expect: string
}

interface HttpRequest {
  path: string
  /** '': the server's address. */
  host: string
  method: 'GET' | 'HEAD' | 'POST' | 'OPTIONS'
  statuses: StatusSpan[]
  /** A regular expression that the body must match. */
  body: string
}

export interface HttpProbe extends HttpRequest {
  kind: 'http'
}

export interface HttpsProbe extends HttpRequest {
  kind: 'https'
  /** For SNI and the certificate's name; '': `host`, if that is a name. */
  serverName: string
  /** Whether the certificate must be trusted and of this name. */
  verify: boolean
  /** A file of certificates (PEM) that are trusted; '': those that Node.js trusts. */
  authority: string
  /** So many days the certificate must still be good; 0: is not looked at beyond `verify`. */
  daysLeft: number
}

export interface IcmpProbe {
  kind: 'icmp'
}

/** Without `expect` silence is well: only "port unreachable" is not. */
export interface UdpProbe {
  kind: 'udp'
  send: string
  expect: string
}

export const DNS_TYPES = ['A', 'AAAA', 'NS', 'SOA', 'MX', 'TXT', 'CNAME', 'PTR', 'SRV'] as const
export type DnsType = (typeof DNS_TYPES)[number]

export interface DnsProbe {
  kind: 'dns'
  name: string
  type: DnsType
  transport: 'udp' | 'tcp'
  /** An address, a name or a text that must be among the answers. */
  answer: string
}

export interface SmtpProbe {
  kind: 'smtp'
  /** The name given with EHLO. */
  hello: string
}

/** Without a user nobody logs in: the greeting must be right. */
export interface LoginProbe {
  kind: 'imap' | 'pop3' | 'ftp' | 'nntp'
  user: string
  password: string
}

export interface LdapProbe {
  kind: 'ldap'
  /** Both '': an anonymous bind. */
  user: string
  password: string
  /** An entry that must be there. */
  base: string
}

/** Without a user nobody logs in: the server must begin its protocol. */
export interface SqlProbe {
  kind: 'mysql' | 'postgresql'
  user: string
  password: string
  database: string
  /** A query that must be answered. */
  query: string
}

export interface RedisProbe {
  kind: 'redis'
  user: string
  password: string
  /** What the server must be. */
  role: 'any' | 'master' | 'replica'
}

export interface SipProbe {
  kind: 'sip'
  transport: 'udp' | 'tcp'
  /** The user part of the address that OPTIONS is sent for. */
  user: string
  statuses: StatusSpan[]
}

/** Without a user it asks by Status-Server (RFC 5997). */
export interface RadiusProbe {
  kind: 'radius'
  secret: string
  user: string
  password: string
}

/**
 * A program on the director: exit status 0 is well. Its arguments are followed by virtual address, virtual port, real
 * address, real port, as for ldirectord's checkcommand.
 */
export interface ExternalProbe {
  kind: 'external'
  command: string
  arguments: string[]
}

/** A line from an agent on the server: `75%`, `up`, `down`, `drain`, as HAProxy's agent-check. */
export interface AgentProbe {
  kind: 'agent'
  send: string
}

/** What clients' connections meet: refused or never answered, so many more than good ones within an interval. */
export interface PassiveProbe {
  kind: 'passive'
  /** Failed connections within an interval at which it counts as a bad answer... */
  failures: number
  /** ...if they are at least so many percent of those that began. */
  percent: number
}

export type Probe =
  | TcpProbe
  | HttpProbe
  | HttpsProbe
  | IcmpProbe
  | UdpProbe
  | DnsProbe
  | SmtpProbe
  | LoginProbe
  | LdapProbe
  | SqlProbe
  | RedisProbe
  | SipProbe
  | RadiusProbe
  | ExternalProbe
  | AgentProbe
  | PassiveProbe

export type ProbeKind = Probe['kind']
/** Kinds of checks that are made; the others have their words, and are refused. */
export const BUILT_KINDS = [
  'tcp',
  'http',
  'https',
  'icmp',
  'udp',
  'dns',
  'smtp',
  'imap',
  'pop3',
  'ftp',
  'nntp',
  'ldap',
  'mysql',
  'postgresql',
  'redis',
  'sip',
  'radius',
  'external',
  'agent',
] as const
export type BuiltKind = (typeof BUILT_KINDS)[number]
export type ProbeOf<K extends ProbeKind> = Probe extends infer P
  ? P extends { kind: infer Kinds }
    ? K extends Kinds
      ? P
      : never
    : never
  : never
export type Check = Timing & Probe

/** The server of last resort, for as long as no other takes connections. */
export interface Fallback {
  address: string
  port: number
  method: Method
}

/** Of a virtual service. */
export interface Health {
  /** A server is up while all of them are well; none: it counts as up. */
  checks: Check[]
  /** A server that is down stays with weight 0, or is taken out. */
  onFailure: 'quiesce' | 'remove'
  fallback: Fallback | null
  /** A server that came back reaches its weight after so long; 0: at once. */
  slowStartMs: number
  /** Whether its changes of state are told to those in State.alerts. */
  alerts: boolean
}

/** Maintenance: drain takes no new connections, halt ends those it has as well. */
export type Admin = 'online' | 'drain' | 'halt'

/** Of a destination that nobody has said more of than ipvsadm can. */
export const inService = { admin: 'online', honourPersistence: true, checks: null } as const

/** The fields that are nobody's business who may only read. */
export const SECRET_FIELDS: readonly string[] = ['password', 'secret', 'token']

type Parameters<K extends ProbeKind> = Omit<ProbeOf<K>, 'kind'>

const http: Parameters<'http'> = {
  path: '/',
  host: '',
  method: 'GET',
  statuses: [{ from: 200, to: 399 }],
  body: '',
}
const login = { user: '', password: '' }
const sql = { user: '', password: '', database: '', query: '' }

/** The one table of defaults of checks. */
export const checkDefaults: {
  readonly timing: Timing
  readonly health: Health
  readonly probes: { readonly [K in ProbeKind]: Parameters<K> }
} = {
  timing: { intervalMs: 5000, timeoutMs: 3000, rise: 2, fall: 3, jitter: 10, port: 0 },
  health: { checks: [], onFailure: 'quiesce', fallback: null, slowStartMs: 0, alerts: true },
  probes: {
    tcp: { send: '', expect: '' },
    http,
    https: { ...http, serverName: '', verify: true, authority: '', daysLeft: 0 },
    icmp: {},
    udp: { send: '', expect: '' },
    dns: { name: '.', type: 'NS', transport: 'udp', answer: '' },
    smtp: { hello: 'fullnat.invalid' },
    imap: login,
    pop3: login,
    ftp: login,
    nntp: login,
    ldap: { ...login, base: '' },
    mysql: sql,
    postgresql: sql,
    redis: { ...login, role: 'any' },
    sip: { transport: 'udp', user: 'ping', statuses: [{ from: 200, to: 299 }] },
    radius: { secret: '', user: '', password: '' },
    external: { command: '', arguments: [] },
    agent: { send: '' },
    passive: { failures: 3, percent: 50 },
  },
}

/** A check of this kind with its defaults, less what is changed. */
export const checkOf = <K extends ProbeKind>(kind: K, changes: Partial<Timing & Parameters<K>> = {}): Check =>
  ({ kind, ...checkDefaults.timing, ...checkDefaults.probes[kind], ...changes }) as unknown as Check
