/**
 * Packets for tests, in words: `tcp({ from: '192.0.2.1:5000', to: '192.0.2.45:80', flags: 'S' })`.
 *
 * Addresses choose the family; `[2001:db8::1]:5000` is IPv6 with a port. Everything not said has the default that a
 * plain sender would choose. Checksums come from naive.ts.
 */
import ipaddr from 'ipaddr.js'
import * as naive from './naive.js'

/** Bytes, and what a virtio header would say about them. */
export interface Built {
  bytes: Uint8Array
  /** VIRTIO_NET_HDR_F_NEEDS_CSUM: the transport checksum is only begun. */
  partial: boolean
}

/** An IPv6 extension header to put before the transport header; `body` counts from its third byte. */
export interface Extension {
  kind: 'hop-by-hop' | 'routing' | 'destination' | 'fragment'
  body?: number[]
}

export interface Ip {
  from: string
  to: string
  ttl?: number
  tos?: number
  id?: number
  dontFragment?: boolean
  /** IPv4 options, a multiple of four bytes. */
  options?: number[]
  extensions?: Extension[]
  /** Offset in bytes, and whether more fragments follow. */
  fragment?: { offset: number; more: boolean }
}

/** right: of the whole packet. partial: left to the device. none: UDP's 0. wrong: damaged. */
export type Checksum = 'right' | 'partial' | 'none' | 'wrong'

export interface Segment extends Ip {
  payload?: string | Uint8Array
  checksum?: Checksum
}

export interface Tcp extends Segment {
  /** Letters of tcpdump: S F R P A(.) U E W. */
  flags?: string
  sequence?: number
  acknowledgement?: number
  window?: number
  /** TCP options, padded to four bytes with zeros. */
  tcpOptions?: number[]
}

export interface Icmp extends Segment {
  type: number
  code?: number
  /** Bytes 4-7: identifier and sequence, unused and MTU, parameter. */
  rest?: number
}

export interface IcmpError extends Omit<Icmp, 'payload'> {
  /** The packet that the error is about. */
  about: Built
  /** How many of its bytes the error carries; all of them if left out. */
  quote?: number
}

const FLAG_BITS: Record<string, number> = { F: 1, S: 2, R: 4, P: 8, A: 16, '.': 16, U: 32, E: 64, W: 128 }
const EXTENSION_NUMBERS = { 'hop-by-hop': 0, routing: 43, fragment: 44, destination: 60 }

export function tcp(words: Tcp): Built {
  const options = padded(words.tcpOptions ?? [], 4)
  const header = new Uint8Array(20 + options.length)
  const view = new DataView(header.buffer)
  setPorts(view, words)
  view.setUint32(4, words.sequence ?? 1000)
  view.setUint32(8, words.acknowledgement ?? 0)
  view.setUint8(12, (header.length / 4) << 4)
  view.setUint8(
    13,
    [...(words.flags ?? 'A')].reduce((bits, letter) => bits | FLAG_BITS[letter], 0),
  )
  view.setUint16(14, words.window ?? 64_000)
  header.set(options, 20)
  return packet(words, 6, join(header, payloadOf(words)))
}

export function udp(words: Segment): Built {
  const payload = payloadOf(words)
  const view = new DataView(new ArrayBuffer(8))
  setPorts(view, words)
  view.setUint16(4, 8 + payload.length)
  view.setUint16(6, words.checksum === 'none' ? 0 : 0xffff) // 0 would be left alone when the checksum is set
  return packet(words, 17, join(new Uint8Array(view.buffer), payload))
}

export interface Sctp extends Segment {
  /** Types of the chunks, none of which has a body; before the payload. */
  chunks?: number[]
  tag?: number
}

export function sctp(words: Sctp): Built {
  const view = new DataView(new ArrayBuffer(12))
  setPorts(view, words)
  view.setUint32(4, words.tag ?? 0x1234_5678)
  const chunks = (words.chunks ?? []).flatMap((type) => [type, 0, 0, 4])
  return packet(words, 132, join(new Uint8Array(view.buffer), join(Uint8Array.from(chunks), payloadOf(words))))
}

export function icmp(words: Icmp): Built {
  const view = new DataView(new ArrayBuffer(8))
  view.setUint8(0, words.type)
  view.setUint8(1, words.code ?? 0)
  view.setUint32(4, words.rest ?? 0)
  return packet(words, familyOf(words) === 4 ? 1 : 58, join(new Uint8Array(view.buffer), payloadOf(words)))
}

export function icmpError(words: IcmpError): Built {
  const { about, quote, ...rest } = words
  return icmp({ ...rest, payload: about.bytes.subarray(0, quote ?? about.bytes.length) })
}

/** Any other protocol. */
export const other = (words: Segment, protocol: number): Built => packet(words, protocol, payloadOf(words))

/** Cuts a packet into fragments with at most `size` bytes (a multiple of 8) of transport each. */
export function fragments(words: Segment & Tcp, size: number, whole: (words: Tcp) => Built): Built[] {
  const { bytes } = whole(words)
  const header = headerLength(bytes)
  const protocol = bytes[0] >>> 4 === 4 ? bytes[9] : bytes[6]
  const pieces: Built[] = []
  for (let offset = 0; header + offset < bytes.length; offset += size) {
    const transport = bytes.slice(header + offset, header + offset + size)
    const more = header + offset + size < bytes.length
    pieces.push({ bytes: network({ ...words, fragment: { offset, more } }, protocol, transport).bytes, partial: false })
  }
  return pieces
}

/** The same packet with some bytes replaced: `mutate(packet, { 0: 0x44 })`. Checksums stay as they were. */
export function mutate(built: Built, changes: Record<number, number>): Built {
  const bytes = built.bytes.slice()
  for (const [at, value] of Object.entries(changes)) bytes[Number(at)] = value
  return { ...built, bytes }
}

/** The first `length` bytes of a packet. */
export const cut = (built: Built, length: number): Built => ({ ...built, bytes: built.bytes.slice(0, length) })

/** IP header of a packet without extension headers. */
export const headerLength = (bytes: Uint8Array): number => (bytes[0] >>> 4 === 4 ? (bytes[0] & 15) * 4 : 40)

/** '192.0.2.1:80', '[2001:db8::1]:80', or an address alone (port 0). */
export function endpoint(text: string): { address: string; port: number } {
  const match = /^(?:\[(.+)\]|([^:]+)):(\d+)$/.exec(text)
  return match ? { address: match[1] ?? match[2], port: Number(match[3]) } : { address: text, port: 0 }
}

/** Four or sixteen bytes. */
export const addressBytes = (text: string): Uint8Array => Uint8Array.from(ipaddr.parse(text).toByteArray())

const familyOf = (words: Ip): 4 | 6 => (endpoint(words.from).address.includes(':') ? 6 : 4)

function packet(words: Segment, protocol: number, transport: Uint8Array): Built {
  const { bytes, transportAt } = network(words, protocol, transport)
  const checksum = words.checksum ?? 'right'
  if (naive.checksumAt(protocol) >= 0 && checksum !== 'none') {
    if (checksum === 'partial') naive.setPartialChecksum(bytes, transportAt, protocol)
    else naive.setTransportChecksum(bytes, transportAt, protocol)
    if (checksum === 'wrong') bytes[transportAt + naive.checksumAt(protocol)] ^= 0x55
  }
  return { bytes, partial: checksum === 'partial' }
}

function network(words: Ip, protocol: number, transport: Uint8Array): { bytes: Uint8Array; transportAt: number } {
  const header =
    familyOf(words) === 4 ? ipv4(words, protocol, transport.length) : ipv6(words, protocol, transport.length)
  return { bytes: join(header, transport), transportAt: header.length }
}

function ipv4(words: Ip, protocol: number, payload: number): Uint8Array {
  const options = words.options ?? []
  const bytes = new Uint8Array(20 + options.length)
  const view = new DataView(bytes.buffer)
  view.setUint8(0, 0x40 | (bytes.length / 4))
  view.setUint8(1, words.tos ?? 0)
  view.setUint16(2, bytes.length + payload)
  view.setUint16(4, words.id ?? 0)
  const { offset, more } = words.fragment ?? { offset: 0, more: false }
  view.setUint16(6, ((words.dontFragment ?? false) ? 0x4000 : 0) | (more ? 0x2000 : 0) | (offset / 8))
  view.setUint8(8, words.ttl ?? 64)
  view.setUint8(9, protocol)
  bytes.set(addressBytes(endpoint(words.from).address), 12)
  bytes.set(addressBytes(endpoint(words.to).address), 16)
  bytes.set(options, 20)
  naive.setHeaderChecksum(bytes)
  return bytes
}

function ipv6(words: Ip, protocol: number, payload: number): Uint8Array {
  const extensions = [...(words.extensions ?? [])]
  if (words.fragment) {
    const { offset, more } = words.fragment
    extensions.push({
      kind: 'fragment',
      body: [offset >>> 8, (offset & 0xf8) | (more ? 1 : 0), ...fourBytes(words.id ?? 1)],
    })
  }
  const numbers = [...extensions.map((e) => EXTENSION_NUMBERS[e.kind]), protocol]
  const chain = join(...extensions.map((e, i) => extensionBytes(e, numbers[i + 1])))
  const bytes = new Uint8Array(40 + chain.length)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, (0x60 << 24) | ((words.tos ?? 0) << 20))
  view.setUint16(4, chain.length + payload)
  view.setUint8(6, numbers[0])
  view.setUint8(7, words.ttl ?? 64)
  bytes.set(addressBytes(endpoint(words.from).address), 8)
  bytes.set(addressBytes(endpoint(words.to).address), 24)
  bytes.set(chain, 40)
  return bytes
}

function extensionBytes(extension: Extension, next: number): Uint8Array {
  const body = padded([0, 0, ...(extension.body ?? [])], 8)
  body[0] = next
  body[1] = extension.kind === 'fragment' ? 0 : body.length / 8 - 1
  return body
}

function setPorts(view: DataView, words: Ip): void {
  view.setUint16(0, endpoint(words.from).port)
  view.setUint16(2, endpoint(words.to).port)
}

function payloadOf(words: Segment): Uint8Array {
  const payload = words.payload ?? ''
  return typeof payload === 'string' ? new TextEncoder().encode(payload) : payload
}

function padded(bytes: number[], to: number): Uint8Array {
  const result = new Uint8Array(Math.ceil(bytes.length / to) * to)
  result.set(bytes)
  return result
}

function join(...parts: Uint8Array[]): Uint8Array {
  const result = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    result.set(part, at)
    at += part.length
  }
  return result
}

const fourBytes = (word: number): number[] => [24, 16, 8, 0].map((shift) => (word >>> shift) & 0xff)
