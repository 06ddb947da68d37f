/** What is legal, but will surprise: said by `fullnat up`, kept in its status. */
import type { State } from '../model/state.js'

/** Virtual addresses and SNAT addresses that no interface here has. */
export function missingAddresses(state: State, here: ReadonlySet<string>): string[] {
  const virtual = new Set(state.services.filter(({ fwmark }) => fwmark === 0).map(({ address }) => address))
  return [
    ...[...virtual].filter((address) => !here.has(address)).map(virtualText),
    ...[...sources(state)].filter((address) => !here.has(address)).map(sourceText),
  ]
}

const virtualText = (address: string): string =>
  `virtual address ${address} is on no interface here: nobody on the network finds it, unless it is routed here; ` +
  `\`ip addr add ${address}${hostPrefix(address)} dev DEVICE\` puts it here`

const sourceText = (address: string): string =>
  `SNAT address ${address} is on no interface here: answers of real servers do not come back, unless it is routed ` +
  `here; \`ip addr add ${address}${hostPrefix(address)} dev DEVICE\` puts it here`

const hostPrefix = (address: string): string => (address.includes(':') ? '/128' : '/32')

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
