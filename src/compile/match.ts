/** Matches of a rule, and the conditions that it has itself, as the data path asks them: all numbers. */
import { type Family, familyOf, parse, type Words } from '../address/words.js'
import type {
  AddressType,
  AddrtypeMatch,
  IpvsMatch,
  Match,
  MultiportMatch,
  Negatable,
  PortMatch,
  PortSpan,
  Prefix,
  SctpChunks,
  SctpMatch,
  TcpMatch,
} from '../model/netfilter.js'
import { Kind } from '../nat/address-kind.js'
import {
  type BitsSpec,
  CHUNK_WORDS,
  type ChunkSpec,
  Extent,
  type InterfaceSpec,
  type IpvsSpec,
  type KindSpec,
  type NumberSpec,
  type PortsSpec,
  type PrefixSpec,
  type RuleSpec,
  type SpanSpec,
} from '../nat/chain.js'
import { Method } from '../service/service.js'

const METHODS = { MASQ: Method.masq, IPIP: Method.tunnel, GATE: Method.gate } as const
const KINDS: Readonly<Record<AddressType, number>> = {
  UNSPEC: Kind.other,
  UNICAST: Kind.unicast,
  LOCAL: Kind.local,
  BROADCAST: Kind.broadcast,
  ANYCAST: Kind.routed,
  MULTICAST: Kind.multicast,
  BLACKHOLE: Kind.other,
  UNREACHABLE: Kind.routed,
  PROHIBIT: Kind.other,
  THROW: Kind.other,
  NAT: Kind.other,
  XRESOLVE: Kind.other,
}
const EXTENTS = { any: Extent.any, all: Extent.all, only: Extent.only } as const

type Conditions = Pick<
  RuleSpec,
  'sourcePorts' | 'destinationPorts' | 'ports' | 'tcpFlags' | 'tcpOptions' | 'chunks' | 'marks' | 'kinds' | 'ipvs'
>

/** A match of ICMP needs no condition: its rule is for ICMP alone, and no such packet comes here. */
export function compileMatches(matches: readonly Match[]): Conditions {
  const found: Conditions = {
    ...{
      sourcePorts: [],
      destinationPorts: [],
      ports: [],
      tcpFlags: [],
      tcpOptions: [],
      chunks: [],
      marks: [],
      kinds: [],
      ipvs: [],
    },
  }
  for (const match of matches) add(found, match)
  return found
}

function add(found: Conditions, match: Match): void {
  switch (match.kind) {
    case 'tcp':
      if (match.flags) found.tcpFlags.push(bits(match.flags.invert, match.flags.value.set, match.flags.value.mask))
      if (match.option) found.tcpOptions.push(match.option)
      addPorts(found, match)
      break
    case 'udp':
      addPorts(found, match)
      break
    case 'sctp':
      if (match.chunks) found.chunks.push(chunks(match.chunks))
      addPorts(found, match)
      break
    case 'multiport':
      found.ports.push(ports(match))
      break
    case 'mark':
      found.marks.push(bits(match.mark.invert, match.mark.value.value, match.mark.value.mask))
      break
    case 'addrtype':
      found.kinds.push(...kinds(match))
      break
    case 'ipvs':
      found.ipvs.push(ipvs(match))
  }
}

function addPorts(found: Conditions, { source, destination }: TcpMatch | PortMatch | SctpMatch): void {
  if (source) found.sourcePorts.push(span(source))
  if (destination) found.destinationPorts.push(span(destination))
}

const bits = (invert: boolean, value: number, mask: number): BitsSpec => ({ invert, value, mask })

function chunks({ invert, value: { extent, types } }: Negatable<SctpChunks>): ChunkSpec {
  const listed = types === 'ALL' ? [] : types
  const named = Array<number>(CHUNK_WORDS).fill(types === 'ALL' ? -1 : 0)
  for (const { type } of listed) named[type >>> 5] |= 1 << (type & 31)
  return { invert, extent: EXTENTS[extent], types: named, flags: listed.filter(({ mask }) => mask !== 0) }
}

const span = ({ invert, value }: Negatable<PortSpan>): SpanSpec => ({ invert, ...value })

const ports = ({ side, ports: { invert, value } }: MultiportMatch): PortsSpec => ({
  invert,
  source: side !== 'destination',
  destination: side !== 'source',
  spans: value.map(({ from, to }) => ({ invert: false, from, to })),
})

function kinds({ source, destination }: AddrtypeMatch): KindSpec[] {
  const one = (isSource: boolean, side: Negatable<AddressType[]> | null): KindSpec[] =>
    side
      ? [{ invert: side.invert, source: isSource, kinds: side.value.reduce((all, type) => all | KINDS[type], 0) }]
      : []
  return [...one(true, source), ...one(false, destination)]
}

const ipvs = (match: IpvsMatch): IpvsSpec => ({
  bare: [match.protocol, match.address, match.port, match.direction, match.method, match.controlPort].every(
    (option) => option === null,
  ),
  notIpvs: match.ipvs?.invert ?? false,
  protocol: number(match.protocol),
  address: prefix(match.address),
  port: number(match.port),
  original: match.direction !== 'REPLY',
  method: match.method && { invert: match.method.invert, value: METHODS[match.method.value] },
  controlPort: number(match.controlPort),
})

export const number = (spec: Negatable<number> | null): NumberSpec | null =>
  spec && { invert: spec.invert, value: spec.value }

export function prefix(spec: Negatable<Prefix> | null): PrefixSpec | null {
  if (spec === null) return null
  const address = parse(spec.value.address)!
  const mask = maskOf(spec.value.length, familyOf(address))
  const value: Words = [address[0] & mask[0], address[1] & mask[1], address[2] & mask[2], address[3] & mask[3]]
  return { invert: spec.invert, value, mask }
}

function maskOf(length: number | string, family: Family): Words {
  if (typeof length === 'number') return lengthMask(family === 4 ? 96 + length : length)
  const words = parse(length)!
  return family === 4 ? [-1, -1, -1, words[3]] : words
}

function lengthMask(length: number): Words {
  const word = (bits: number): number => (bits <= 0 ? 0 : bits >= 32 ? -1 : -1 << (32 - bits))
  return [word(length), word(length - 32), word(length - 64), word(length - 96)]
}

/** 'eth+' is every name that begins with 'eth'. */
export function interfaceSpec(condition: Negatable<string> | null): InterfaceSpec | null {
  if (condition === null) return null
  const { invert, value } = condition
  return value.endsWith('+')
    ? { invert, name: value.slice(0, -1), wildcard: true }
    : { invert, name: value, wildcard: false }
}
