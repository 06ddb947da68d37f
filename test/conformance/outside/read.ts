/** What a packet says, from its bytes: as much as a conversation and a description need. */
import ipaddr from 'ipaddr.js'
import * as naive from '../../packets/naive.js'

export const TCP = 6
export const UDP = 17
export const SCTP = 132
const ICMP = 1
const ICMPV6 = 58
const FRAGMENT_HEADER = 44

export interface Packet {
  bytes: Uint8Array
  version: 4 | 6
  source: string
  destination: string
  protocol: number
  ttl: number
  tos: number
  id: number
  dontFragment: boolean
  /** Offset in bytes, and whether more follow; null when it is no fragment. */
  fragment: { offset: number; more: boolean } | null
  headerSum: 'right' | 'wrong'
  /** From the transport header to the end of the packet, as far as there are bytes. */
  transport: Uint8Array
  /** The length that the IP header gives, of which `bytes` may be the beginning. */
  length: number
}

export const isIcmp = ({ protocol }: Packet): boolean => protocol === ICMP || protocol === ICMPV6

/** An error carries the packet that it is about; an echo does not. */
export const isIcmpError = (packet: Packet): boolean =>
  packet.protocol === ICMP
    ? [3, 4, 5, 11, 12].includes(packet.transport[0])
    : packet.protocol === ICMPV6 && packet.transport[0] < 128

export function readPacket(bytes: Uint8Array): Packet {
  return bytes[0] >>> 4 === 4 ? readIpv4(bytes) : readIpv6(bytes)
}

const view = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
export const u16 = (bytes: Uint8Array, at: number): number => view(bytes).getUint16(at)
export const u32 = (bytes: Uint8Array, at: number): number => view(bytes).getUint32(at)

const address = (bytes: Uint8Array): string => ipaddr.fromByteArray([...bytes]).toString()

function readIpv4(bytes: Uint8Array): Packet {
  const header = (bytes[0] & 15) * 4
  const word = u16(bytes, 6)
  const length = u16(bytes, 2)
  const isFragment = (word & 0x3fff) !== 0
  return {
    bytes: bytes.subarray(0, length),
    version: 4,
    source: address(bytes.subarray(12, 16)),
    destination: address(bytes.subarray(16, 20)),
    protocol: bytes[9],
    ttl: bytes[8],
    tos: bytes[1],
    id: u16(bytes, 4),
    dontFragment: (word & 0x4000) !== 0,
    fragment: isFragment ? { offset: (word & 0x1fff) * 8, more: (word & 0x2000) !== 0 } : null,
    headerSum: naive.internetChecksum(bytes.subarray(0, header)) === 0 ? 'right' : 'wrong',
    transport: bytes.subarray(header, length),
    length,
  }
}

function readIpv6(bytes: Uint8Array): Packet {
  const length = 40 + u16(bytes, 4)
  const packet: Packet = {
    bytes: bytes.subarray(0, length),
    version: 6,
    source: address(bytes.subarray(8, 24)),
    destination: address(bytes.subarray(24, 40)),
    protocol: bytes[6],
    ttl: bytes[7],
    tos: (u16(bytes, 0) >>> 4) & 0xff,
    id: 0,
    dontFragment: false,
    fragment: null,
    headerSum: 'right',
    transport: bytes.subarray(40, length),
    length,
  }
  if (packet.protocol !== FRAGMENT_HEADER) return packet
  const { transport } = packet
  const fragment = { offset: u16(transport, 2) & 0xfff8, more: (transport[3] & 1) !== 0 }
  return { ...packet, protocol: transport[0], id: u32(transport, 4), fragment, transport: transport.subarray(8) }
}

/** Source and destination port of the transports that have them. */
export const ports = ({ transport }: Packet): [number, number] => [u16(transport, 0), u16(transport, 2)]

export interface TcpHeader {
  flags: string
  sequence: number
  acknowledgement: number
  window: number
  options: Uint8Array
  payload: Uint8Array
}

const LETTERS: [number, string][] = [
  [2, 'S'],
  [1, 'F'],
  [4, 'R'],
  [8, 'P'],
  [16, 'A'],
  [32, 'U'],
  [64, 'E'],
  [128, 'W'],
]

export function readTcp({ transport }: Packet): TcpHeader {
  const header = (transport[12] >>> 4) * 4
  return {
    flags: LETTERS.map(([bit, letter]) => (transport[13] & bit ? letter : '')).join(''),
    sequence: u32(transport, 4),
    acknowledgement: u32(transport, 8),
    window: u16(transport, 14),
    options: transport.subarray(20, header),
    payload: transport.subarray(header),
  }
}

/** How far a segment moves the sequence number. */
export const segmentLength = ({ flags, payload }: TcpHeader): number =>
  payload.length + (flags.includes('S') ? 1 : 0) + (flags.includes('F') ? 1 : 0)

/** 'partial': only the pseudo-header is summed, the rest is left to the device. */
export function transportSum(packet: Packet): 'right' | 'partial' | 'none' | 'wrong' {
  const { protocol, transport, bytes } = packet
  const at = naive.checksumAt(protocol)
  if (protocol === SCTP) return sctpSum(transport)
  if (protocol === UDP && u16(transport, at) === 0) return 'none'
  const covered = protocol === ICMP ? [] : [naive.pseudoHeader(bytes, protocol, transport.length)]
  if (naive.internetChecksum(...covered, transport) === 0) return 'right'
  return u16(transport, at) === 0xffff - naive.internetChecksum(...covered) ? 'partial' : 'wrong'
}

function sctpSum(transport: Uint8Array): 'right' | 'wrong' {
  const copy = transport.slice()
  copy.fill(0, 8, 12)
  return naive.crc32c(copy) === view(transport).getUint32(8, true) ? 'right' : 'wrong'
}
