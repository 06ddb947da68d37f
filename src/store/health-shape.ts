/** The shapes of checks, maintenance and alerts: what model/check.ts and model/alert.ts say, checked field by field. */
import type { Alerts, Mail, Webhook } from '../model/alert.js'
import { type Admin, type Check, DNS_TYPES, type Fallback, type Health, type StatusSpan } from '../model/check.js'
import { byKind, list, oneOf, orNull, record, type Check as Shape, text, truth, where, whole } from './check.js'
import { address, port } from './field.js'

const DAY_MS = 86_400_000
const TEXT_MAX = 4096
const NAME_MAX = 255
const LIST_MAX = 64

const anyText = text(0, TEXT_MAX)
/** A line break would end the line of the protocol that it is put into. */
const line = where(text(0, NAME_MAX), (value) => !/[\r\n\0]/.test(value), 'a line break is in it')
const latin1 = where(
  anyText,
  (value) => !/[^\0-\xff]/.test(value),
  'a character above \\u00ff is in it: it stands for a byte',
)
const pattern = where(latin1, isPattern, 'not a regular expression')
const visible = where(text(1, TEXT_MAX), (value) => /^[!-~]+$/.test(value), 'not of visible ASCII characters alone')
const path = where(visible, (value) => value.startsWith('/') || value === '*', 'does not begin with /')

function isPattern(source: string): boolean {
  try {
    new RegExp(source)
    return true
  } catch {
    return false
  }
}

const timing = {
  intervalMs: whole(100, DAY_MS),
  timeoutMs: whole(10, DAY_MS),
  rise: whole(1, 100),
  fall: whole(1, 100),
  jitter: whole(0, 90),
  port,
}

const status = whole(100, 699)
const statuses = where(
  list(
    where(
      record<StatusSpan>({ from: status, to: status }),
      ({ from, to }) => from <= to,
      'the first is above the last',
    ),
  ),
  ({ length }) => length >= 1 && length <= LIST_MAX,
  'not a list of 1 to 64 statuses',
)
const request = { path, host: line, method: oneOf('GET', 'HEAD', 'POST', 'OPTIONS'), statuses, body: pattern }
const login = { ...timing, user: line, password: line }
const sql = { ...login, database: line, query: anyText }
const transport = oneOf('udp', 'tcp')

export const check: Shape<Check> = byKind<Check>({
  tcp: { ...timing, send: latin1, expect: pattern },
  http: { ...timing, ...request },
  https: {
    ...timing,
    ...request,
    serverName: line,
    verify: truth,
    authority: text(0, TEXT_MAX),
    daysLeft: whole(0, 3650),
  },
  icmp: timing,
  udp: { ...timing, send: latin1, expect: pattern },
  dns: { ...timing, name: line, type: oneOf(...DNS_TYPES), transport, answer: line },
  smtp: { ...timing, hello: line },
  imap: login,
  pop3: login,
  ftp: login,
  nntp: login,
  ldap: { ...login, base: line },
  mysql: sql,
  postgresql: sql,
  redis: { ...login, role: oneOf('any', 'master', 'replica') },
  sip: { ...timing, transport, user: line, statuses },
  radius: { ...login, secret: line },
  external: { ...timing, command: text(1, TEXT_MAX), arguments: list(anyText) },
  agent: { ...timing, send: latin1 },
  passive: { ...timing, failures: whole(1, 1_000_000), percent: whole(1, 100) },
})

export const checks = where(list(check), ({ length }) => length <= LIST_MAX, 'not a list of 0 to 64 checks')

export const health = record<Health>({
  checks,
  onFailure: oneOf('quiesce', 'remove'),
  fallback: orNull(record<Fallback>({ address, port, method: oneOf('masq', 'gate', 'tunnel') })),
  slowStartMs: whole(0, DAY_MS),
  alerts: truth,
})

export const admin: Shape<Admin> = oneOf('online', 'drain', 'halt')

/** What a destination has beside what ipvsadm says of it. */
export const maintained = { admin, honourPersistence: truth, checks: orNull(checks) }

const mailbox = where(line, (value) => /^[^\s@]+@[^\s@]+$/.test(value), 'not an e-mail address')
const url = where(text(1, TEXT_MAX), isHttp, 'not an http or https URL')

function isHttp(value: string): boolean {
  return URL.canParse(value) && /^https?:$/.test(new URL(value).protocol)
}

export const alerts = record<Alerts>({
  mail: orNull(
    record<Mail>({
      host: text(1, NAME_MAX),
      port: whole(1, 0xffff),
      security: oneOf('tls', 'starttls', 'none'),
      user: line,
      password: line,
      from: mailbox,
      to: where(list(mailbox), ({ length }) => length >= 1 && length <= LIST_MAX, 'not a list of 1 to 64 addresses'),
    }),
  ),
  webhooks: where(
    list(record<Webhook>({ url, token: line })),
    ({ length }) => length <= LIST_MAX,
    'not a list of 0 to 64 webhooks',
  ),
  perMinute: whole(1, 600),
  poolFreePercent: whole(0, 99),
})
