/** Every kind of check that is made: one line each. Others are refused (commands/health.ts). */
import type { BuiltKind } from '../../model/check.js'
import type { Checker } from '../checker.js'
import { agent } from './agent.js'
import { dns } from './dns.js'
import { external } from './external.js'
import { http } from './http.js'
import { https } from './https.js'
import { icmp } from './icmp.js'
import { ldap } from './ldap.js'
import { ftp, imap, nntp, pop3 } from './login.js'
import { mysql } from './mysql.js'
import { postgresql } from './postgresql.js'
import { radius } from './radius.js'
import { redis } from './redis.js'
import { sip } from './sip.js'
import { smtp } from './smtp.js'
import { tcp } from './tcp.js'
import { udp } from './udp.js'

export const checkers: { readonly [K in BuiltKind]: Checker<K> } = {
  tcp,
  http,
  https,
  icmp,
  udp,
  dns,
  smtp,
  imap,
  pop3,
  ftp,
  nntp,
  ldap,
  mysql,
  postgresql,
  redis,
  sip,
  radius,
  external,
  agent,
}
