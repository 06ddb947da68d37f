/** Whether a rule's conditions hold for a packet. All are ANDed; an absent condition holds. */
import { type AddressKinds, Kind } from './address-kind.js'
import type { BitsSpec, IpvsSpec, KindSpec, NumberSpec, PortsSpec, PrefixSpec, RuleSpec, SpanSpec } from './chain.js'
import { haveChunks } from './chunk.js'
import type { NatPacket } from './packet.js'
import { CLIENT, SERVER, VIRTUAL } from './packet.js'

export function matches(rule: RuleSpec, packet: NatPacket, addresses: AddressKinds): boolean {
  return (
    !rule.never &&
    isNumber(rule.protocol, packet.protocol) &&
    isInside(rule.source, packet.words, CLIENT) &&
    isInside(rule.destination, packet.words, SERVER) &&
    leavesBy(rule, packet.outInterface) &&
    areInSpans(rule.sourcePorts, packet.sourcePort) &&
    areInSpans(rule.destinationPorts, packet.destinationPort) &&
    areAmongPorts(rule.ports, packet) &&
    areBits(rule.tcpFlags, packet.tcpFlags) &&
    haveOptions(rule.tcpOptions, packet) &&
    haveChunks(rule.chunks, packet) &&
    areBits(rule.marks, packet.mark) &&
    areOfKind(rule.kinds, packet, addresses) &&
    areBalancedSo(rule.ipvs, packet)
  )
}

const isNumber = (spec: NumberSpec | null, value: number): boolean =>
  spec === null || (spec.value === value) !== spec.invert

function isInside(spec: PrefixSpec | null, words: Int32Array, at: number): boolean {
  if (spec === null) return true
  const { value, mask } = spec
  const inside =
    (words[at] & mask[0]) === value[0] &&
    (words[at + 1] & mask[1]) === value[1] &&
    (words[at + 2] & mask[2]) === value[2] &&
    (words[at + 3] & mask[3]) === value[3]
  return inside !== spec.invert
}

function leavesBy(rule: RuleSpec, name: string): boolean {
  const spec = rule.outInterface
  if (spec === null) return true
  return (spec.wildcard ? name.startsWith(spec.name) : name === spec.name) !== spec.invert
}

function areInSpans(spans: SpanSpec[], port: number): boolean {
  for (let i = 0; i < spans.length; i++) {
    const span = spans[i]
    if ((port >= span.from && port <= span.to) === span.invert) return false
  }
  return true
}

function areAmongPorts(specs: PortsSpec[], packet: NatPacket): boolean {
  for (let i = 0; i < specs.length; i++) {
    const { invert, source, destination, spans } = specs[i]
    const isAmong =
      (source && isInSome(spans, packet.sourcePort)) || (destination && isInSome(spans, packet.destinationPort))
    if (isAmong === invert) return false
  }
  return true
}

function isInSome(spans: SpanSpec[], port: number): boolean {
  for (let i = 0; i < spans.length; i++) if (port >= spans[i].from && port <= spans[i].to) return true
  return false
}

function areBits(specs: BitsSpec[], bits: number): boolean {
  for (let i = 0; i < specs.length; i++) {
    const { invert, value, mask } = specs[i]
    if (((bits & mask) >>> 0 === value >>> 0) === invert) return false
  }
  return true
}

function haveOptions(specs: NumberSpec[], packet: NatPacket): boolean {
  for (let i = 0; i < specs.length; i++) if (hasOption(specs[i].value, packet) === specs[i].invert) return false
  return true
}

/** net/netfilter/xt_tcpudp.c, tcp_find_option: what is malformed is stepped over as there. */
function hasOption(kind: number, { view, listFrom, listTo }: NatPacket): boolean {
  for (let at = listFrom; at < listTo; ) {
    const here = view.getUint8(at)
    if (here === kind) return true
    at += here < 2 || at + 1 >= listTo ? 1 : view.getUint8(at + 1) || 1
  }
  return false
}

/** IPv4: one of the kinds; IPv6: all of them, but of those that a route tells one (net/netfilter/xt_addrtype.c, match_type6). */
function areOfKind(specs: KindSpec[], packet: NatPacket, addresses: AddressKinds): boolean {
  for (let i = 0; i < specs.length; i++) {
    const { invert, source, kinds } = specs[i]
    const found = addresses.of(packet.words, source ? CLIENT : SERVER) & kinds
    if ((packet.family === 4 ? found !== 0 : hasEvery(found, kinds)) === invert) return false
  }
  return true
}

const ROUTED = Kind.local | Kind.routed

const hasEvery = (found: number, kinds: number): boolean =>
  (kinds & ~ROUTED & ~found) === 0 && ((kinds & ROUTED) === 0 || (found & ROUTED) !== 0)

function areBalancedSo(specs: IpvsSpec[], packet: NatPacket): boolean {
  for (let i = 0; i < specs.length; i++) if (!isBalancedSo(specs[i], packet)) return false
  return true
}

/** net/netfilter/xt_ipvs.c, ipvs_mt: every packet that comes here was balanced and is the first of its connection. */
function isBalancedSo(spec: IpvsSpec, packet: NatPacket): boolean {
  return (
    !spec.notIpvs &&
    (!packet.alone || spec.bare) &&
    spec.original &&
    isNumber(spec.protocol, packet.protocol) &&
    isNumber(spec.port, packet.virtualPort) &&
    isNumber(spec.controlPort, packet.controlPort) &&
    isNumber(spec.method, packet.method) &&
    isInside(spec.address, packet.words, VIRTUAL)
  )
}
