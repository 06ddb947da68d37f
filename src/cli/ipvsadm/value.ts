/** The values of options: numbers, timeouts, marks, masks, multicast groups, host[:port]. */
import * as address from '../../address/words.js'
import type { PortNames } from '../name/port-names.js'
import { Refusal } from './refusal.js'

const MAX_TIMEOUT_S = 86400 * 31
const MAX_MARK = 0xffffffff

/** As strtol(3) reads it, whole, in range; else null. */
export function number(text: string, min: number, max: number): number | null {
  if (!/^\s*[+-]?\d+$/.test(text)) return null
  const value = Number(text)
  return value >= min && value <= max ? value : null
}

/** A number in range, or a refusal. */
export function numberOr(text: string, min: number, max: number, complaint: string): number {
  const value = number(text, min, max)
  if (value === null) throw new Refusal(complaint)
  return value
}

export const timeout = (text: string, min: number): number =>
  numberOr(text, min, MAX_TIMEOUT_S, `invalid timeout value \`${text}' specified`)

export const mark = (text: string): number => numberOr(text, 1, MAX_MARK, `invalid fwmark value \`${text}' specified`)

/** Prefix length of a dotted, contiguous IPv4 mask. */
export function mask4(text: string): number {
  const words = text.includes(':') ? null : address.parse(text)
  const hosts = words ? ~words[3] : 0
  // The complement of a contiguous mask is one less than a power of two.
  if (!words || hosts & (hosts + 1)) throw new Refusal('illegal virtual server persistent mask specified')
  return Math.clz32(hosts)
}

export const mask6 = (text: string): number => numberOr(text, 1, 128, 'illegal ipv6 netmask specified')

export function multicastGroup(text: string): string {
  const family = text.includes(':') ? 6 : 4
  const words = address.parse(text)
  const first = words ? (family === 6 ? words[0] >>> 24 : words[3] >>> 28) : 0
  if (!words || first !== (family === 6 ? 0xff : 0xe)) throw new Refusal(`invalid IPv${family} mcast-group \`${text}'`)
  return address.format(words)
}

export interface Endpoint {
  family: address.Family
  /** Canonical text. */
  address: string
  /** null: none was given. */
  port: number | null
}

/** What a host[:port] may be looked up in. */
export interface Lookup {
  ports: PortNames
  /** The first IPv4 address of a name, null: it has none. Throws what run() answers by asking the resolver. */
  host(name: string): string | null
}

/** host[:port], [v6]:port or v6; null: it is none. */
export function endpoint(text: string, protocol: string, lookup: Lookup): Endpoint | null {
  const bracketed = /^\[(.*)\]:(.*)$/.exec(text)
  if (bracketed) return withPort(6, address6(bracketed[1]), bracketed[2], protocol, lookup)
  const colon = text.lastIndexOf(':')
  if (text.indexOf(':') !== colon) return withPort(6, address6(text), null, protocol, lookup)
  if (colon < 0) return withPort(4, address4(text, lookup), null, protocol, lookup)
  return withPort(4, address4(text.slice(0, colon), lookup), text.slice(colon + 1), protocol, lookup)
}

function withPort(
  family: address.Family,
  host: string | null,
  portText: string | null,
  protocol: string,
  lookup: Lookup,
): Endpoint | null {
  if (host === null) return null
  if (portText === null) return { family, address: host, port: null }
  const port = number(portText, 0, 65535) ?? lookup.ports.port(portText, protocol)
  return port === null ? null : { family, address: host, port }
}

/** An IPv4-mapped address is refused: inside, it is the IPv4 address. */
function address6(text: string): string | null {
  const words = text.includes(':') ? address.parse(text) : null
  return words && address.familyOf(words) === 6 ? address.format(words) : null
}

function address4(text: string, lookup: Lookup): string | null {
  const words = text.includes(':') ? null : address.parse(text)
  if (words) return address.format(words)
  return isHostName(text) ? lookup.host(text) : null
}

/** inet_aton(3)'s other forms (10.1, 0x0a000001, 010.0.0.1) are no names, though a resolver reads them as addresses. */
const isHostName = (text: string): boolean =>
  /^[\w.-]+$/.test(text) && !text.split('.').every((label) => /^(0x[\da-f]*|\d+)$/i.test(label))
