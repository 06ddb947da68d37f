/**
 * Names in a command line. Parsing stays synchronous: a host that is not known yet ends the attempt, is asked for,
 * and the line is read again.
 */
import type { Family } from '../../address/words.js'
import type { Names } from '../name/names.js'
import type { PortNames } from '../name/port-names.js'
import type { ProtocolNames } from '../name/protocol-names.js'

export interface Lookup {
  readonly ports: PortNames
  readonly protocols: ProtocolNames
  /** Every address of a host, in the resolver's order; empty: it has none. */
  hosts(name: string): readonly string[]
}

class UnknownHost {
  readonly host: string

  constructor(host: string) {
    this.host = host
  }
}

/** Runs `read` as often as it meets a new name; each name is asked for once. */
export function resolving(names: Names, family: Family): <T>(read: (lookup: Lookup) => T) => Promise<T> {
  const known = new Map<string, readonly string[]>()
  const lookup: Lookup = {
    get ports() {
      return names.ports
    },
    get protocols() {
      return names.protocols
    },
    hosts(name) {
      const addresses = known.get(name)
      if (!addresses) throw new UnknownHost(name)
      return addresses
    },
  }
  return async (read) => {
    for (;;) {
      try {
        return read(lookup)
      } catch (error) {
        if (!(error instanceof UnknownHost)) throw error
        known.set(error.host, await names.hosts.addresses(error.host, family))
      }
    }
  }
}
