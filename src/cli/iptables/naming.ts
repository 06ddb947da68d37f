/** Names for a listing that is not numeric: what rules mention is looked up before it is shown. */
import type { Chain, Prefix, Rule } from '../../model/netfilter.js'
import { namesOf } from '../name/host-names.js'
import type { Names } from '../name/names.js'
import type { Program } from './program.js'
import type { ListOptions } from './request.js'
import { type Naming, numericNaming } from './rule-row.js'
import { builtinProtocolName } from './value.js'

export async function namingOf(
  chains: readonly Chain[],
  { numeric }: ListOptions,
  { family }: Program,
  names: Names,
): Promise<Naming> {
  if (numeric) return numericNaming(family)
  const rules = chains.flatMap((chain) => chain.rules)
  const addresses = rules.flatMap(prefixesOf).filter(({ length }) => length !== 0)
  const hosts = await namesOf(
    addresses.map(({ address }) => address),
    names.hosts,
  )
  return {
    numeric,
    family,
    port: (number, protocol) => names.ports.name(number, protocol) ?? `${number}`,
    host: (address) => hosts.get(address) ?? address,
    protocol: (number) => builtinProtocolName(number) ?? names.protocols.name(number) ?? `${number}`,
  }
}

function prefixesOf({ source, destination, matches }: Rule): Prefix[] {
  const virtual = matches.map((match) => (match.kind === 'ipvs' ? match.address : null))
  return [source, destination, ...virtual].filter((one) => one !== null).map(({ value }) => value)
}
