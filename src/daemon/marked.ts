/**
 * Which packets mangle's PREROUTING may give a mark that a service has, as far as routing rules can tell them.
 *
 * The last MARK rule that a packet meets decides its mark, so all packets of all rules that could leave such a mark are
 * enough. What routing rules cannot say (negations, flags, marks, an order of rules) is left out: more is steered then,
 * and the engine, which walks the chains themselves, hands it back to the host.
 */
import { type Family, familyOf, type Words } from '../address/words.js'
import type { Selector } from '../io/tun/spec.js'
import { type ChainSpec, type PortsSpec, type PrefixSpec, type RuleSpec, type SpanSpec, Verdict } from '../nat/chain.js'
import type { Subnet } from '../sys/rule.js'

type Ports = readonly [number, number]

/** Protocols that are balanced: others are never steered, least of all IPv6's neighbour discovery. */
export const BALANCED: readonly number[] = [6, 17, 132]
const PORT_MAX = 0xffff
/** Ports that a routing rule can name (net/core/fib_rules.c, fib_rule_port_range_valid). */
const LAST_NAMED = PORT_MAX - 1

/** `marks` are those of services. */
export function markedBy(chains: readonly ChainSpec[], family: Family, marks: ReadonlySet<number>): Selector[] {
  if (chains.length === 0 || marks.size === 0) return []
  const found = new Map<string, Selector>()
  const seen = new Set<string>()
  const visit = (index: number, above: Selector): void => {
    const key = `${index} ${JSON.stringify(above)}`
    if (seen.has(key)) return
    seen.add(key)
    for (const rule of chains[index].rules) {
      if (rule.never || (rule.chain < 0 && !leaves(rule, marks))) continue
      for (const selector of narrowed(above, rule)) {
        if (rule.chain >= 0) visit(rule.chain, selector)
        else found.set(JSON.stringify(selector), selector)
      }
    }
  }
  for (const protocol of BALANCED) visit(0, { ...everything(family), protocol })
  return widest([...found.values()].map(spoken))
}

const everything = (family: Family): Selector => ({
  ...{ family, inInterface: '', protocol: 0, from: null, to: null, sourcePorts: null, destinationPorts: null },
})

/** Whether the rule could leave one of these marks: bits that it does not clear can be anything. */
function leaves({ verdict, markSpec }: RuleSpec, marks: ReadonlySet<number>): boolean {
  if (verdict !== Verdict.mark || !markSpec) return false
  for (const mark of marks) if (((mark ^ markSpec.value) & markSpec.mask) === 0) return true
  return false
}

/** What of `above` may meet the rule; several where the rule names several ports. */
function narrowed(above: Selector, rule: RuleSpec): Selector[] {
  const { protocol } = rule
  if (protocol && (protocol.value === above.protocol) === protocol.invert) return []
  const from = inner(above.from, subnetOf(rule.source))
  const to = inner(above.to, subnetOf(rule.destination))
  const inInterface = sameName(above.inInterface, nameOf(rule))
  if (from === undefined || to === undefined || inInterface === undefined) return []
  let all: Selector[] = [{ ...above, from, to, inInterface }]
  for (const span of rule.sourcePorts) all = all.flatMap((one) => onPort(one, 'sourcePorts', span))
  for (const span of rule.destinationPorts) all = all.flatMap((one) => onPort(one, 'destinationPorts', span))
  for (const ports of rule.ports) all = all.flatMap((one) => onPorts(one, ports))
  return all
}

function onPorts(one: Selector, { invert, source, destination, spans }: PortsSpec): Selector[] {
  if (invert) return [one]
  return spans.flatMap((span) => [
    ...(source ? onPort(one, 'sourcePorts', span) : []),
    ...(destination ? onPort(one, 'destinationPorts', span) : []),
  ])
}

function onPort(one: Selector, side: 'sourcePorts' | 'destinationPorts', { invert, from, to }: SpanSpec): Selector[] {
  if (invert) return [one]
  const [least, most] = one[side] ?? [0, PORT_MAX]
  const ports: Ports = [Math.max(least, from), Math.min(most, to)]
  return ports[0] <= ports[1] ? [{ ...one, [side]: ports }] : []
}

/** null: no condition. */
function subnetOf(prefix: PrefixSpec | null): Subnet | null {
  if (!prefix || prefix.invert) return null
  const bits = prefix.mask.map((word) => (word >>> 0).toString(2).padStart(32, '0')).join('')
  const length = bits.indexOf('0') < 0 ? 128 : bits.indexOf('0')
  if (bits.includes('1', length)) return null // not contiguous
  const family = familyOf(prefix.value)
  return { address: prefix.value, length: family === 4 ? length - 96 : length }
}

/** What lies in both; undefined: nothing does. */
function inner(a: Subnet | null, b: Subnet | null): Subnet | null | undefined {
  if (!a || !b) return a ?? b
  const [wide, narrow] = a.length <= b.length ? [a, b] : [b, a]
  return contains(wide, narrow) ? narrow : undefined
}

function contains(wide: Subnet | null, narrow: Subnet | null): boolean {
  if (!wide) return true
  if (!narrow || narrow.length < wide.length) return false
  const shift = (familyOf(wide.address) === 4 ? 96 : 0) + wide.length
  return wide.address.every((word, i) => ((word ^ narrow.address[i]) & maskWord(shift - 32 * i)) === 0)
}

const maskWord = (bits: number): number => (bits <= 0 ? 0 : bits >= 32 ? -1 : -1 << (32 - bits))

/** '': any; a routing rule knows no wildcards. */
const nameOf = ({ inInterface }: RuleSpec): string =>
  inInterface && !inInterface.invert && !inInterface.wildcard ? inInterface.name : ''

const sameName = (a: string, b: string): string | undefined => (a === '' || b === '' || a === b ? a || b : undefined)

/** As a routing rule can say it; the first and last port cannot be named, nor port 0, which nothing uses. */
function spoken(selector: Selector): Selector {
  const ports = (span: Ports | null): Ports | null => {
    if (!span || span[1] > LAST_NAMED || span[1] === 0) return null
    return [Math.max(1, span[0]), span[1]]
  }
  const { sourcePorts, destinationPorts } = selector
  return { ...selector, sourcePorts: ports(sourcePorts), destinationPorts: ports(destinationPorts) }
}

/** Without those that another one covers: the kernel could take one for the other when it deletes a rule. */
export function widest(list: readonly Selector[]): Selector[] {
  const kept: Selector[] = []
  for (const one of list) {
    if (kept.some((other) => covers(other, one))) continue
    const rest = kept.filter((other) => !covers(one, other))
    kept.splice(0, kept.length, ...rest, one)
  }
  return kept
}

const covers = (wide: Selector, narrow: Selector): boolean =>
  wide.protocol === narrow.protocol &&
  (wide.inInterface === '' || wide.inInterface === narrow.inInterface) &&
  contains(wide.from, narrow.from) &&
  contains(wide.to, narrow.to) &&
  within(wide.sourcePorts, narrow.sourcePorts) &&
  within(wide.destinationPorts, narrow.destinationPorts)

const within = (wide: Ports | null, narrow: Ports | null): boolean =>
  wide === null || (narrow !== null && wide[0] <= narrow[0] && narrow[1] <= wide[1])

/** The one address and port that a selector is about, null if it is about more or less. */
export function endpointOf(
  selector: Selector,
): { protocol: number; address: Words; port: number; lastPort: number } | null {
  const { inInterface, protocol, from, to, sourcePorts, destinationPorts } = selector
  if (inInterface !== '' || from || sourcePorts || !to || !destinationPorts || !isHost(to)) return null
  const [first, last] = destinationPorts
  return first === last ? { protocol, address: to.address, port: first, lastPort: last } : null
}

export const isHost = ({ address, length }: Subnet): boolean => length === (familyOf(address) === 4 ? 32 : 128)
