/** What SNAT and MASQUERADE translate a source to: addresses, ports, flags (iptables 1.8.9, libxt_NAT.c). */
import { type Family, parse } from '../../../address/words.js'
import type { AddressSpan, PortSpan } from '../../../model/netfilter.js'
import { canonical } from '../address.js'
import { misuse } from '../complaint.js'
import type { RuleSoFar } from '../extension.js'
import { leadingNumber, PORT_MAX } from '../value.js'

const ICMP = 1
/** tcp, udp, sctp, dccp; ICMP's id stands in the place of a port. */
const WITH_PORTS: readonly number[] = [6, 17, 132, 33, ICMP]

/** `1024`, `http` or `1024-2048`. */
export function sourcePorts(text: string, { protocol, lookup }: RuleSoFar): PortSpan {
  if (protocol.invert || !WITH_PORTS.includes(protocol.value))
    throw misuse('Need TCP, UDP, SCTP or DCCP with port specification')
  const first = leadingNumber(text)
  if (!first || first.value > PORT_MAX)
    return onePort(text, lookup.ports.port(text, 'tcp') ?? lookup.ports.port(text, 'udp'))
  if (first.rest === '') return onePort(text, first.value)
  if (first.rest[0] === ':') throw misuse('Invalid port:port syntax - use dash')
  if (first.rest[0] !== '-') throw misuse(`Garbage after port value: \`${first.rest}'`)
  return portRange(first.value, first.rest.slice(1))
}

function portRange(from: number, text: string): PortSpan {
  const last = leadingNumber(text)
  if (!last || last.value > PORT_MAX) throw misuse(`Port \`${text}' not valid`)
  if (last.value < from) throw misuse(`Port range \`${text}' funky`)
  if (last.rest !== '') throw misuse(`Garbage after port range: \`${last.rest}'`)
  if (from === 0) throw misuse(`Port \`0' not valid`)
  return { from, to: last.value }
}

function onePort(text: string, port: number | null): PortSpan {
  if (port === null || port === 0) throw misuse(`Port \`${text}' not valid`)
  return { from: port, to: port }
}

/** `A`, `A-B`, `A:PORTS`, `:PORTS`; IPv6 with ports `[A]:PORTS`. */
export function source(text: string, rule: RuleSoFar): { addresses: AddressSpan | null; ports: PortSpan | null } {
  const { address, ports } = split(text, rule.family)
  const found = ports === null ? null : sourcePorts(ports, rule)
  if (found && address === '') return { addresses: null, ports: found }
  const dash = address.indexOf('-')
  const from = oneAddress(dash < 0 ? address : address.slice(0, dash), rule.family)
  const to = dash < 0 ? from : oneAddress(address.slice(dash + 1), rule.family)
  if (isBehind(from, to)) throw misuse(`Address range \`${address}' ends before it begins`)
  return { addresses: { from, to }, ports: found }
}

/** One colon is port information; more of them are an IPv6 address. */
function split(text: string, family: Family): { address: string; ports: string | null } {
  if (!text.includes('[')) {
    const [address, ports, more] = text.split(':')
    return ports === undefined || more !== undefined ? { address: text, ports: null } : { address, ports }
  }
  const [, address, behind] = /^\[([^\]]*)\](.*)$/.exec(text) ?? []
  if (address === undefined || family === 4) throw misuse('Invalid address format')
  if (behind === '') return { address, ports: null }
  if (behind[0] !== ':') throw misuse(`Garbage after address: \`${behind}'`)
  return { address, ports: behind.slice(1) }
}

function oneAddress(text: string, family: Family): string {
  const address = canonical(text, family)
  if (address === null) throw misuse(`Bad IP address "${text}"`)
  if (!isUnicast(address, family)) throw misuse(`Bad IP address "${text}": no host has it`)
  return address
}

/** RFC 1122, 3.2.1.3; RFC 4291, 2.5.2 and 2.7. */
function isUnicast(address: string, family: Family): boolean {
  const words = parse(address)!
  const top = (family === 4 ? words[3] : words[0]) >>> 24
  if (family === 6) return top !== 0xff && words.some((word) => word !== 0)
  return top !== 0 && (top < 224 || top >= 240) && words[3] !== -1
}

function isBehind(from: string, to: string): boolean {
  const [a, b] = [parse(from)!, parse(to)!]
  const at = a.findIndex((word, i) => word !== b[i])
  return at >= 0 && a[at] >>> 0 > b[at] >>> 0
}

/** `A-B:PORTS`, as both listings and save files write it. */
export function sourceText(addresses: AddressSpan | null, ports: PortSpan | null): string {
  if (addresses === null) return `:${portsText(ports!)}`
  const { from, to } = addresses
  const range = from === to ? from : `${from}-${to}`
  if (ports === null) return range
  return `${range.includes(':') ? `[${range}]` : range}:${portsText(ports)}`
}

export const portsText = ({ from, to }: PortSpan): string => (from === to ? `${from}` : `${from}-${to}`)

export interface Flags {
  random: boolean
  randomFully: boolean
  persistent: boolean
}

export const flagWords = ({ random, randomFully, persistent }: Flags): string[] => [
  ...(random ? ['random'] : []),
  ...(randomFully ? ['random-fully'] : []),
  ...(persistent ? ['persistent'] : []),
]
