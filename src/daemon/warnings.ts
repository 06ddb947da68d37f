/** What is legal, but will surprise: said by `fullnat up`, kept in its status. */
import { serviceKeyText } from '../model/service.js'
import type { State } from '../model/state.js'

/** Addresses or services that one line names; the others it counts. */
const NAMED_MAX = 3

/** Virtual addresses and SNAT addresses that no interface here has. */
export function missingAddresses(state: State, here: ReadonlySet<string>): string[] {
  const virtual = new Set(state.services.filter(({ fwmark }) => fwmark === 0).map(({ address }) => address))
  return [
    ...warning('virtual address', virtual, here, 'clients reach it only where it is routed here'),
    ...warning('SNAT address', sources(state), here, 'answers come back only where it is routed here'),
  ]
}

function warning(noun: string, wanted: ReadonlySet<string>, here: ReadonlySet<string>, effect: string): string[] {
  const missing = [...wanted].filter((address) => !here.has(address))
  if (missing.length === 0) return []
  const [first] = missing
  const remedy = `ip addr add ${first}/${first.includes(':') ? 128 : 32} dev DEVICE`
  return [`${noun} ${named(missing)}: on no interface here, so ${effect}; \`${remedy}\` puts it here`]
}

/** Services at whose address and port a socket of this host waits as well. */
export function hiddenListeners(state: State, listeners: ReadonlySet<string>): string[] {
  const hidden = state.services.filter(({ fwmark, protocol, address, port }) => {
    const isHeld = listeners.has(`${protocol} ${address} ${port}`) || listeners.has(`${protocol} * ${port}`)
    return fwmark === 0 && isHeld
  })
  if (hidden.length === 0) return []
  const ports = named(hidden.map(serviceKeyText))
  return [`port in use: a socket of this host listens at ${ports} too; clients reach the real servers, not that socket`]
}

function named(texts: readonly string[]): string {
  const more = texts.length - NAMED_MAX
  return texts.slice(0, NAMED_MAX).join(', ') + (more > 0 ? ` and ${more} more` : '')
}

function sources(state: State): Set<string> {
  const found = new Set<string>()
  for (const chain of [...state.nat.v4.chains, ...state.nat.v6.chains]) {
    for (const { target } of chain.rules) {
      if (target.kind !== 'SNAT' || target.addresses === null) continue
      found.add(target.addresses.from).add(target.addresses.to)
    }
  }
  return found
}
