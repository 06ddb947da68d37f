/**
 * Names of services and servers in one word, as addresses (URL paths) and labels have them.
 *
 *   tcp:192.0.2.45:80   udp:[2001:db8::1]:53   fwm:7 (IPv4)   fwm6:7 (IPv6)
 *   192.0.2.21:80       [2001:db8::21]:80
 */
import { familyOf, format, parse } from '../address/words.js'
import type { ServiceKey, ServiceProtocol } from './service.js'

const ENDPOINT = /^(?:\[([\da-fA-F:.]+)\]|([\d.]+)):(\d{1,5})$/
const ADDRESSED = /^(tcp|udp|sctp):(.+)$/
const MARKED = /^(fwm6?):(\d{1,10})$/

export interface Endpoint {
  address: string
  port: number
}

export const endpointName = ({ address, port }: Endpoint): string =>
  address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`

export const serviceName = (key: ServiceKey): string =>
  key.fwmark > 0 ? `${key.family === 4 ? 'fwm' : 'fwm6'}:${key.fwmark}` : `${key.protocol}:${endpointName(key)}`

/** null: it is no such name. */
export function parseEndpoint(text: string): Endpoint | null {
  const [, v6, v4, digits] = ENDPOINT.exec(text) ?? []
  const words = parse(v6 ?? v4 ?? '')
  const port = Number(digits)
  if (words === null || familyOf(words) !== (v6 ? 6 : 4) || !(port <= 65535)) return null
  return { address: format(words), port }
}

export function parseService(text: string): ServiceKey | null {
  const [, kind, mark] = MARKED.exec(text) ?? []
  if (kind) return markKey(kind === 'fwm' ? 4 : 6, Number(mark))
  const [, protocol, rest = ''] = ADDRESSED.exec(text) ?? []
  const endpoint = parseEndpoint(rest)
  if (endpoint === null) return null
  const family = endpoint.address.includes(':') ? 6 : 4
  return { family, protocol: protocol as ServiceProtocol, ...endpoint, fwmark: 0 }
}

const markKey = (family: 4 | 6, fwmark: number): ServiceKey | null =>
  fwmark > 0 && fwmark <= 0xffffffff ? { family, protocol: 'tcp', address: '', port: 0, fwmark } : null
