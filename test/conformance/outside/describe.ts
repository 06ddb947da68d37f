/**
 * A packet in words, the same for every system that sends the same packet. Names stand for addresses. What a system
 * chooses at random is left open: a source port that no command named is given by netfilter's class of it, an
 * identification that was not sent by anyone here by `*`.
 */
import { createHash } from 'node:crypto'
import { chunkNames } from './chunk.js'
import type { Hosts } from './host.js'
import { isIcmpError, type Packet, ports, readPacket, readTcp, SCTP, TCP, transportSum, UDP, u16, u32 } from './read.js'

const IPIP = 4
const IPV6_IN_IP = 41
const GRE = 47

export interface Known {
  hosts: Hosts
  /** Ports that a command has named. */
  ports: ReadonlySet<number>
  /** Identifications that were sent. */
  ids: ReadonlySet<number>
  /** UDP ports whose packets carry a packet: generic UDP encapsulation. */
  guePorts: ReadonlySet<number>
}

export function describe(packet: Packet, known: Known): string {
  const sum = isSumWrong(packet) ? 'WRONG-SUM' : ''
  return [inside(packet, known), sum].filter(Boolean).join(' ')
}

/** Of a packet in an ICMP error nobody looks at the transport checksum: LVS leaves it as it is, and so wrong. */
const inside = (packet: Packet, known: Known): string =>
  [transport(packet, known), ...ipFacts(packet, known)].filter(Boolean).join(' ')

function ipFacts(packet: Packet, { ids }: Known): string[] {
  const { version, ttl, tos, id, fragment, headerSum, bytes, length } = packet
  // An ICMP error that a host makes is never cut: whether it may be, and by what identification, is its own affair.
  const isOwnError = isIcmpError(packet) && (id === 0 || !ids.has(id))
  const idShown = !isOwnError && (id === 0 || ids.has(id)) ? id : '*'
  const dontFragment = packet.dontFragment && !isOwnError
  return [
    `ttl=${ttl}`,
    tos ? `tos=${tos}` : '',
    version === 4 || fragment ? `id=${idShown}` : '',
    dontFragment ? 'df' : '',
    fragment ? `fragment=${fragment.offset}${fragment.more ? '+' : ''}` : '',
    headerSum === 'wrong' ? 'WRONG-HEADER-SUM' : '',
    bytes.length < length ? `cut=${bytes.length}/${length}` : '',
  ]
}

function transport(packet: Packet, known: Known): string {
  const { fragment, protocol } = packet
  if (fragment && fragment.offset > 0) return `${addresses(packet, known)} ${payloadText(packet.transport)}`
  return WORDS[protocol]?.(packet, known) ?? `protocol ${protocol} ${addresses(packet, known)}`
}

const CHECKED = new Set([1, TCP, UDP, 58, SCTP])

const isSumWrong = (packet: Packet): boolean =>
  !packet.fragment &&
  packet.bytes.length === packet.length &&
  CHECKED.has(packet.protocol) &&
  transportSum(packet) === 'wrong'

type Words = (packet: Packet, known: Known) => string

const WORDS: Readonly<Record<number, Words>> = {
  1: icmp,
  58: icmp,
  [TCP]: tcp,
  [UDP]: udp,
  [SCTP]: sctp,
  [IPIP]: ipip,
  [IPV6_IN_IP]: ipip,
  [GRE]: gre,
}

const addresses = ({ source, destination }: Packet, { hosts }: Known): string =>
  `${hosts.nameOf(source)} > ${hosts.nameOf(destination)}`

function endpoints(packet: Packet, known: Known): string {
  if (packet.transport.length < 4) return addresses(packet, known)
  const [from, to] = ports(packet)
  const { hosts } = known
  return `${hosts.nameOf(packet.source)}:${portText(from, known)} > ${hosts.nameOf(packet.destination)}:${portText(to, known)}`
}

/** netfilter translates a port within its class: below 512, below 1024, above (nf_nat_core.c). */
function portText(port: number, { ports }: Known): string {
  if (ports.has(port)) return String(port)
  return port < 512 ? '<512' : port < 1024 ? '<1024' : '>1023'
}

function tcp(packet: Packet, known: Known): string {
  if (packet.transport.length < 20) {
    const seq = packet.transport.length >= 8 ? ` seq=${u32(packet.transport, 4)}` : ''
    return `tcp ${endpoints(packet, known)}${seq}`
  }
  const header = readTcp(packet)
  const words = [
    `tcp ${endpoints(packet, known)} ${header.flags}`,
    `seq=${header.sequence}`,
    header.flags.includes('A') ? `ack=${header.acknowledgement}` : '',
    `win=${header.window}`,
    header.options.length ? `options=${Buffer.from(header.options).toString('hex')}` : '',
    payloadText(header.payload),
  ]
  return words.filter(Boolean).join(' ')
}

function udp(packet: Packet, known: Known): string {
  const payload = packet.transport.subarray(8)
  const none = packet.transport.length >= 8 && u16(packet.transport, 6) === 0 ? ' no-sum' : ''
  if (known.guePorts.has(ports(packet)[1])) return `gue ${addresses(packet, known)}${none} ${gue(payload, known)}`
  return `udp ${endpoints(packet, known)}${none} ${payloadText(payload)}`
}

function sctp(packet: Packet, known: Known): string {
  if (packet.transport.length < 12) return `sctp ${endpoints(packet, known)}`
  const tag = u32(packet.transport, 4).toString(16)
  return `sctp ${endpoints(packet, known)} ${chunkNames(packet.transport.subarray(12))} tag=${tag}`
}

function ipip(packet: Packet, known: Known): string {
  return `ipip ${addresses(packet, known)} {${describe(readPacket(packet.transport), known)}}`
}

function gre(packet: Packet, known: Known): string {
  const { transport } = packet
  const hasSum = (transport[0] & 0x80) !== 0
  const inner = transport.subarray(hasSum ? 8 : 4)
  const head = `flags=${u16(transport, 0).toString(16)} protocol=${u16(transport, 2).toString(16)}`
  return `gre ${addresses(packet, known)} ${head} {${describe(readPacket(inner), known)}}`
}

/** draft-ietf-intarea-gue: variant, control and header length; the protocol inside; flags; private data. */
function gue(payload: Uint8Array, known: Known): string {
  const length = 4 + (payload[0] & 31) * 4
  const options = Buffer.from(payload.subarray(4, length)).toString('hex')
  const head = `protocol=${payload[1]} flags=${u16(payload, 2).toString(16)}${options && ` options=${options}`}`
  return `${head} {${describe(readPacket(payload.subarray(length)), known)}}`
}

function icmp(packet: Packet, known: Known): string {
  const { transport, version } = packet
  const head = `icmp${version === 6 ? '6' : ''} ${addresses(packet, known)} ${transport[0]}/${transport[1]}`
  if (!isIcmpError(packet)) return head
  const rest = u32(transport, 4)
  const quoted = transport.subarray(8)
  return `${head}${rest ? ` mtu=${rest}` : ''} {${inside(readPacket(quoted), known)}}`
}

/** Short text as it is, anything else by length and hash. */
function payloadText(payload: Uint8Array): string {
  if (payload.length === 0) return ''
  const text = Buffer.from(payload).toString('latin1')
  if (payload.length <= 80 && /^[ -~\r\n]*$/.test(text)) return `data=${JSON.stringify(text)}`
  const hash = createHash('sha256').update(payload).digest('hex').slice(0, 8)
  return `length=${payload.length} hash=${hash}`
}
