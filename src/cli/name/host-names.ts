/**
 * Host names by the system's resolver (/etc/hosts, DNS), asked only when a command line needs one: node:dns costs
 * a short-lived program milliseconds.
 */
import type { Family } from '../../address/words.js'

export interface HostNames {
  /** Addresses of a name in the resolver's order, canonical text; empty: it has none. */
  addresses(name: string, family: Family): Promise<string[]>
  /** The name of an address; null: it has none. */
  name(address: string): Promise<string | null>
}

export const systemHostNames: HostNames = {
  async addresses(name, family) {
    const { lookup } = await import('node:dns/promises')
    const found = await lookup(name, { family, all: true }).catch(() => [])
    return found.map(({ address }) => address)
  },
  async name(address) {
    const { lookupService } = await import('node:dns/promises')
    const found = await lookupService(address, 0).catch(() => null)
    // getnameinfo(3) answers an address that has no name with the address.
    return found && found.hostname !== address ? found.hostname : null
  },
}

/** Names of many addresses, each asked for once and all at once. Without a name an address maps to itself. */
export async function namesOf(addresses: Iterable<string>, hosts: HostNames): Promise<Map<string, string>> {
  const distinct = [...new Set(addresses)]
  const names = await Promise.all(distinct.map((address) => hosts.name(address)))
  return new Map(distinct.map((address, i) => [address, names[i] ?? address]))
}
