/**
 * Names of matches and targets that iptables 1.8.9 brings: told apart from names that nothing has, so that what
 * fullnat lacks is called so. A chain may have the name of no target.
 */
import type { Family } from '../../address/words.js'
import type { TableName } from '../../model/netfilter.js'

const words = (text: string): readonly string[] => text.trim().split(/\s+/)

const MATCHES = words(`
  addrtype bpf cgroup cluster comment connbytes connlabel connlimit connmark conntrack cpu dccp devgroup dscp ecn esp
  hashlimit helper ipcomp iprange ipvs length limit mac mark multiport nfacct osf owner physdev pkttype policy quota
  rateest recent rpfilter sctp set socket state statistic string tcp tcpmss time tos u32 udp`)
const MATCHES_OF = {
  4: words('ah icmp realm ttl'),
  6: words('ah dst eui64 frag hbh hl icmp6 ipv6header mh rt srh'),
}

const TARGETS = words(`
  ACCEPT DROP QUEUE RETURN standard AUDIT CHECKSUM CLASSIFY CONNMARK CONNSECMARK CT DNAT DSCP HMARK IDLETIMER LED LOG
  MARK MASQUERADE NFLOG NFQUEUE NOTRACK RATEEST REDIRECT SECMARK SET SNAT SYNPROXY TCPMSS TCPOPTSTRIP TEE TOS TPROXY
  TRACE`)
const TARGETS_OF = {
  4: words('CLUSTERIP ECN NETMAP REJECT TTL ULOG'),
  6: words('DNPT HL NETMAP REJECT SNPT'),
}

/** Protocols have matches of their own name; ICMPv6 goes by several. */
const ICMP6 = words('icmpv6 ipv6-icmp icmp6')

export const isMatchName = (name: string, family: Family): boolean =>
  MATCHES.includes(name) || MATCHES_OF[family].includes(name) || (family === 6 && ICMP6.includes(name))

export const isTargetName = (name: string, family: Family): boolean =>
  TARGETS.includes(name) || TARGETS_OF[family].includes(name)

/** Tables of the kernel that fullnat does not have. */
export const OTHER_TABLES: readonly string[] = ['filter', 'raw', 'security']

export const isTable = (name: string): name is TableName => name === 'nat' || name === 'mangle'

export const lackingTable = (name: string): string =>
  `table '${name}' is not supported by fullnat: it has the tables nat and mangle`
