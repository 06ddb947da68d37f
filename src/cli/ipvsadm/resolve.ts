/** Parsing stays synchronous and pure; a host name it meets is resolved between two attempts. */
import type { Names } from '../name/names.js'
import { parse } from './parse.js'
import type { Request } from './request.js'
import type { Lookup } from './value.js'

class UnknownHost {
  readonly name: string

  constructor(name: string) {
    this.name = name
  }
}

/** A parser of many lines that asks for each name once. */
export function parserFor(names: Names): (words: readonly string[]) => Promise<Request> {
  const known = new Map<string, string | null>()
  const lookup: Lookup = {
    get ports() {
      return names.ports
    },
    host(name) {
      const address = known.get(name)
      if (address === undefined) throw new UnknownHost(name)
      return address
    },
  }
  return async (words) => {
    for (;;) {
      try {
        return parse(words, lookup)
      } catch (error) {
        if (!(error instanceof UnknownHost)) throw error
        const [first] = await names.hosts.addresses(error.name, 4)
        known.set(error.name, first ?? null)
      }
    }
  }
}
