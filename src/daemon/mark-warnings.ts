/** What is legal of marks, but will surprise: packets reach the engine through its own device, which carries no mark. */
import type { ForwardingTable } from '../engine/table.js'
import type { ChainSpec } from '../nat/chain.js'
import { markedBy } from './marked.js'

export const markWarnings = (table: ForwardingTable): string[] => [
  ...unmade(table),
  ...mixedInterfaces('iptables', table.mangle.v4),
  ...mixedInterfaces('ip6tables', table.mangle.v6),
]

/** Services whose mark no rule makes. */
function unmade({ services, mangle }: ForwardingTable): string[] {
  return services.flatMap(({ fwmark, family }) => {
    const chains = family === 4 ? mangle.v4 : mangle.v6
    if (fwmark === 0 || markedBy(chains, family, new Set([fwmark])).length > 0) return []
    const tables = family === 4 ? 'iptables' : 'ip6tables'
    const remedy = `${tables} -t mangle -A PREROUTING ... -j MARK --set-mark ${fwmark}`
    return [
      `firewall mark ${fwmark} (IPv${family}): no rule of fullnat's own mangle table makes it, so no packet is its ` +
        `service's (marks of the host's own netfilter are not seen); \`${remedy}\` makes it`,
    ]
  })
}

/** Each is told apart by its routing rule alone: a packet that one of them lets in meets all of them as if they were its own. */
function mixedInterfaces(tables: string, chains: readonly ChainSpec[]): string[] {
  const named = chains.flatMap(({ rules }) => rules.map(({ inInterface }) => inInterface)).filter((one) => one !== null)
  const names = [
    ...new Set(named.map(({ invert, name, wildcard }) => `${invert ? '! ' : ''}${name}${wildcard ? '+' : ''}`)),
  ]
  if (names.length < 2) return []
  return [
    `${tables} -t mangle: rules of PREROUTING name several input interfaces (${names.join(', ')}); of a packet that ` +
      'reaches the engine it is not known which one it came by, so -i holds in all of them',
  ]
}
