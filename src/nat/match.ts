/** Whether a rule's conditions hold for a packet. All are ANDed; an absent condition holds. */
import type { IpvsSpec, NumberSpec, PrefixSpec, RuleSpec, SpanSpec } from './chain.js'
import type { NatPacket } from './packet.js'
import { CLIENT, SERVER, VIRTUAL } from './packet.js'

export function matches(rule: RuleSpec, packet: NatPacket): boolean {
  return (
    !rule.never &&
    isNumber(rule.protocol, packet.protocol) &&
    isInside(rule.source, packet.words, CLIENT) &&
    isInside(rule.destination, packet.words, SERVER) &&
    leavesBy(rule, packet.outInterface) &&
    areInSpans(rule.sourcePorts, packet.sourcePort) &&
    areInSpans(rule.destinationPorts, packet.destinationPort) &&
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

function areBalancedSo(specs: IpvsSpec[], packet: NatPacket): boolean {
  for (let i = 0; i < specs.length; i++) if (!isBalancedSo(specs[i], packet)) return false
  return true
}

/** net/netfilter/xt_ipvs.c, ipvs_mt: every packet that comes here was balanced and is the first of its connection. */
function isBalancedSo(spec: IpvsSpec, packet: NatPacket): boolean {
  return (
    !spec.notIpvs &&
    spec.original &&
    isNumber(spec.protocol, packet.protocol) &&
    isNumber(spec.port, packet.virtualPort) &&
    isNumber(spec.controlPort, packet.controlPort) &&
    isNumber(spec.method, packet.method) &&
    isInside(spec.address, packet.words, VIRTUAL)
  )
}
