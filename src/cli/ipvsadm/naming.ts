/** How a listing writes an address and port: as numbers, or by the names the system has for them. */
import type { ServiceProtocol } from '../../model/service.js'
import { namesOf } from '../name/host-names.js'
import type { Names } from '../name/names.js'

/** `host:port`, or `[host]:port` for IPv6. Protocol '' has no port names. */
export type Naming = (address: string, port: number, protocol: ServiceProtocol | '') => string

export const numericNaming: Naming = (address, port) => join(address, address, port)

/** Resolves all of `addresses` beforehand; others stay numbers. */
export async function namingOf(addresses: Iterable<string>, names: Names): Promise<Naming> {
  const hosts = await namesOf(addresses, names.hosts)
  return (address, port, protocol) =>
    join(address, hosts.get(address) ?? address, names.ports.name(port, protocol) ?? port)
}

const join = (address: string, host: string, port: string | number): string =>
  address.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
