/** Numbers, protocols and ports as libxtables reads them (xtables.c, xtoptions.c). */
import type { PortSpan } from '../../model/netfilter.js'
import { misuse } from './complaint.js'
import type { Lookup } from './lookup.js'

export const PORT_MAX = 0xffff
const PROTOCOL_MAX = 0xff

/** strtoul with base 0: `0x` hexadecimal, a leading 0 octal; the rest behind it, or null where there is no number. */
export function leadingNumber(text: string): { value: number; rest: string } | null {
  const [all, hex, octal, decimal] = /^\s*\+?(?:0x([0-9a-f]+)|(0[0-7]*)|([1-9]\d*))/i.exec(text) ?? []
  if (all === undefined) return null
  const value = hex ? Number.parseInt(hex, 16) : octal ? Number.parseInt(octal, 8) : Number(decimal)
  return { value, rest: text.slice(all.length) }
}

/** The whole text as such a number in the given range, else null. */
export function wholeNumber(text: string, min: number, max: number): number | null {
  const number = leadingNumber(text)
  return number && number.rest === '' && number.value >= min && number.value <= max ? number.value : null
}

/** Names that the tool knows without /etc/protocols; the first of a number is the one it prints. */
const PROTOCOLS: readonly (readonly [string, number])[] = [
  ['tcp', 6],
  ['sctp', 132],
  ['udp', 17],
  ['udplite', 136],
  ['icmp', 1],
  ['ipv6-icmp', 58],
  ['icmpv6', 58],
  ['esp', 50],
  ['ah', 51],
  ['mobility-header', 135],
  ['ipv6-mh', 135],
  ['mh', 135],
  ['all', 0],
]

export function protocolNumber(text: string, { protocols }: Lookup): number {
  const number = wholeNumber(text, 0, PROTOCOL_MAX) ?? PROTOCOLS.find(([name]) => name === text)?.[1]
  const found = number ?? protocols.number(text)
  if (found === null) throw misuse(`unknown protocol "${text}" specified`)
  return found
}

/** The name the tool prints without asking anyone; null where it has none. */
export const builtinProtocolName = (number: number): string | null =>
  PROTOCOLS.find(([, one]) => one === number)?.[0] ?? null

/** `80`, or a service's name for that transport protocol. */
export function port(text: string, protocol: string, { ports }: Lookup): number {
  const number = wholeNumber(text, 0, PORT_MAX) ?? ports.port(text, protocol)
  if (number === null) throw misuse(`invalid port/service \`${text}' specified`)
  return number
}

/**
 * A port by getaddrinfo(3): decimal, or a service of any transport protocol. The real tool cuts what is above 65535
 * to 16 bits, and takes nothing for 0.
 */
export function anyPort(text: string, { ports }: Lookup): number {
  const decimal = /^\s*\d+$/.test(text) ? Number(text) : null
  if (decimal !== null && decimal > PORT_MAX) throw misuse(`Port "${text}" is out of range (0-${PORT_MAX})`)
  const number = decimal ?? ports.port(text, 'tcp') ?? ports.port(text, 'udp') ?? ports.port(text, 'sctp')
  if (number === null) throw misuse(`Port "${text}" does not resolve to anything.\n`)
  return number
}

/** `A:B` where each side may be missing. */
export function span(text: string, one: (part: string) => number): PortSpan {
  const colon = text.indexOf(':')
  if (colon < 0) {
    const only = one(text)
    return { from: only, to: only }
  }
  const [first, last] = [text.slice(0, colon), text.slice(colon + 1)]
  const found = { from: first === '' ? 0 : one(first), to: last === '' ? PORT_MAX : one(last) }
  if (found.from > found.to) throw misuse('invalid portrange (min > max)')
  return found
}
