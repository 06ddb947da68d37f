/** The matches there are: one line for each. */
import type { Family } from '../../../address/words.js'
import type { Match } from '../../../model/netfilter.js'
import type { MatchExtension } from '../extension.js'
import { addrtype } from './addrtype.js'
import { comment } from './comment.js'
import { icmp, icmp6 } from './icmp.js'
import { ipvs } from './ipvs.js'
import { mark } from './mark.js'
import { multiport } from './multiport.js'
import { sctp } from './sctp.js'
import { tcp } from './tcp.js'
import { udp } from './udp.js'

const MATCHES: Readonly<Record<Match['kind'], MatchExtension>> = {
  ...{ addrtype, comment, icmp, icmp6, ipvs, mark, multiport, sctp, tcp, udp },
}
/** Matches of one family alone. */
const ONLY: Partial<Record<string, Family>> = { icmp: 4, icmp6: 6 }
/** Other names, in ip6tables. */
const ALIASES: Readonly<Record<string, Match['kind']>> = { icmpv6: 'icmp6', 'ipv6-icmp': 'icmp6' }

export function findMatch(name: string, family: Family): MatchExtension | null {
  const kind = Object.hasOwn(ALIASES, name) ? ALIASES[name] : name
  if ((ONLY[kind] ?? family) !== family || !Object.hasOwn(MATCHES, kind)) return null
  return MATCHES[kind as Match['kind']]
}

/** The extension of a match that a rule has. */
export const matchExtension = ({ kind }: Match): MatchExtension => MATCHES[kind]
