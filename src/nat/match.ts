/** Whether a rule's conditions hold for a packet. All are ANDed; an absent condition holds. */
import { type AddressKinds, Kind } from './address-kind.js'
import type { BitsSpec, IpvsSpec, KindSpec, NumberSpec, PortsSpec, PrefixSpec, RuleSpec, SpanSpec } from './chain.js'
import { haveChunks } from './chunk.js'
import type { NatPacket } from './packet.js'
import { CLIENT, SERVER, VIRTUAL } from './packet.js'

export const matches = (rule: RuleSpec, packet: NatPacket, addresses: AddressKinds): boolean =>
  suitsServer(rule, packet, addresses) && suitsClient(rule, packet, addresses)

/** As far as it can be told before a client comes: by service and real server. */
export function suitsServer(rule: RuleSpec, packet: NatPacket, addresses: AddressKinds): boolean {
  return (
    !rule.never &&
    isNumber(rule.protocol, packet.protocol) &&
    isInside(rule.destination, packet.words, SERVER) &&
    leavesBy(rule, packet.outInterface) &&
    areInSpans(rule.destinationPorts, packet.destinationPort) &&
    areAmongPorts(rule.ports, packet, false) &&
    areBits(rule.marks, packet.mark) &&
    areOfKind(rule.kinds, packet, addresses, false) &&
    areBalancedSo(rule.ipvs, packet)
  )
}

/** What the client's own packet decides. */
function suitsClient(rule: RuleSpec, packet: NatPacket, addresses: AddressKinds): boolean {
  return (
    isInside(rule.source, packet.words, CLIENT) &&
    areInSpans(rule.sourcePorts, packet.sourcePort) &&
    areAmongPorts(rule.ports, packet, true) &&
    areBits(rule.tcpFlags, packet.tcpFlags) &&
    haveOptions(rule.tcpOptions, packet) &&
    haveChunks(rule.chunks, packet) &&
    areOfKind(rule.kinds, packet, addresses, true)
  )
}

/** Whether `suitsClient` could say no to one and yes to another. */
export const asksClient = ({ source, sourcePorts, ports, tcpFlags, tcpOptions, chunks, kinds }: RuleSpec): boolean =>
  source !== null ||
  sourcePorts.length + tcpFlags.length + tcpOptions.length + chunks.length > 0 ||
  ports.some((spec) => spec.source) ||
  kinds.some((spec) => spec.source)

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

/** Those that look at the client's port (or at either), or those that do not. */
function areAmongPorts(specs: PortsSpec[], packet: NatPacket, client: boolean): boolean {
  for (let i = 0; i < specs.length; i++) {
    const { invert, source, destination, spans } = specs[i]
    if (source !== client) continue
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
function areOfKind(specs: KindSpec[], packet: NatPacket, addresses: AddressKinds, client: boolean): boolean {
  for (let i = 0; i < specs.length; i++) {
    const { invert, source, kinds } = specs[i]
    if (source !== client) continue
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
