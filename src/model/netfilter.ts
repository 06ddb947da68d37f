/**
 * The nat and mangle tables, in the words of iptables: chains, rules, matches, targets. Plain data, JSON-safe.
 *
 * A match is a name and the options as they were parsed; order is kept, since listings print it. Addresses are
 * canonical text with a prefix length; ports are numbers.
 */
export interface Prefix {
  address: string
  /** Prefix length, or a dotted mask where it is not contiguous ('255.0.255.0'). */
  length: number | string
}

export interface Negatable<T> {
  invert: boolean
  value: T
}

export interface PortSpan {
  from: number
  to: number
}

export interface IpvsMatch {
  kind: 'ipvs'
  /** `--ipvs` or `! --ipvs` standing alone; null when other options imply it. */
  ipvs: { invert: boolean } | null
  protocol: Negatable<number> | null
  address: Negatable<Prefix> | null
  port: Negatable<number> | null
  direction: 'ORIGINAL' | 'REPLY' | null
  method: Negatable<'GATE' | 'IPIP' | 'MASQ'> | null
  controlPort: Negatable<number> | null
}

/** `-m udp` (implied by -p with --sport or --dport). */
export interface PortMatch {
  kind: 'udp'
  source: Negatable<PortSpan> | null
  destination: Negatable<PortSpan> | null
}

/** A type of chunk, 0-255; of its flags in `mask` exactly those in `set` are there. */
export interface ChunkType {
  type: number
  mask: number
  set: number
}

/** Every one of the types is in the packet, or any of them, or only such. */
export interface SctpChunks {
  extent: 'all' | 'any' | 'only'
  /** By number, each once. */
  types: ChunkType[] | 'ALL'
}

export interface SctpMatch {
  kind: 'sctp'
  source: Negatable<PortSpan> | null
  destination: Negatable<PortSpan> | null
  chunks: Negatable<SctpChunks> | null
}

/** Bits as in the header: of those in `mask` exactly those in `set` are there. */
export interface TcpFlags {
  mask: number
  set: number
}

export interface TcpMatch {
  kind: 'tcp'
  source: Negatable<PortSpan> | null
  destination: Negatable<PortSpan> | null
  flags: Negatable<TcpFlags> | null
  /** Kind of an option that is there, 1-255. */
  option: Negatable<number> | null
}

/** A type of ICMP, and which of its codes; type 255 is every type. */
export interface IcmpType {
  type: number
  codes: PortSpan
}

/** icmp6 in ip6tables. */
export interface IcmpMatch {
  kind: 'icmp' | 'icmp6'
  message: Negatable<IcmpType>
}

export interface MultiportMatch {
  kind: 'multiport'
  /** Which port is looked at. */
  side: 'source' | 'destination' | 'either'
  ports: Negatable<PortSpan[]>
}

/** 32 bits each, unsigned. */
export interface Mark {
  value: number
  mask: number
}

/** `(mark & mask) === value`. */
export interface MarkMatch {
  kind: 'mark'
  mark: Negatable<Mark>
}

/** In the order that listings have them (linux/rtnetlink.h, RTN_*). */
export const ADDRESS_TYPES = [
  ...(['UNSPEC', 'UNICAST', 'LOCAL', 'BROADCAST', 'ANYCAST', 'MULTICAST'] as const),
  ...(['BLACKHOLE', 'UNREACHABLE', 'PROHIBIT', 'THROW', 'NAT', 'XRESOLVE'] as const),
] as const
export type AddressType = (typeof ADDRESS_TYPES)[number]

export interface AddrtypeMatch {
  kind: 'addrtype'
  source: Negatable<AddressType[]> | null
  destination: Negatable<AddressType[]> | null
}

export interface CommentMatch {
  kind: 'comment'
  text: string
}

export type Match =
  | IpvsMatch
  | TcpMatch
  | PortMatch
  | SctpMatch
  | IcmpMatch
  | MultiportMatch
  | MarkMatch
  | AddrtypeMatch
  | CommentMatch

export type AddressSpan = { from: string; to: string }

export interface SnatTarget {
  kind: 'SNAT'
  /** null: `--to-source :PORTS` keeps the address. */
  addresses: AddressSpan | null
  ports: PortSpan | null
  random: boolean
  randomFully: boolean
  persistent: boolean
}

export interface MasqueradeTarget {
  kind: 'MASQUERADE'
  ports: PortSpan | null
  random: boolean
  randomFully: boolean
}

/** The mark becomes `(mark & ~mask) ^ value`. */
export interface MarkTarget extends Mark {
  kind: 'MARK'
}

/** `goto`: -g instead of -j. `none`: a rule without target only counts. */
export type Target =
  | SnatTarget
  | MasqueradeTarget
  | MarkTarget
  | { kind: 'ACCEPT' }
  | { kind: 'DROP' }
  | { kind: 'RETURN' }
  | { kind: 'JUMP'; chain: string; goto: boolean }
  | { kind: 'NONE' }

export interface RuleSpec {
  /** IP protocol number, 0: any. */
  protocol: Negatable<number>
  source: Negatable<Prefix> | null
  destination: Negatable<Prefix> | null
  /** Interface names, a trailing '+' is a wildcard. */
  inInterface: Negatable<string> | null
  outInterface: Negatable<string> | null
  /** -f: second and further fragments. */
  fragment: { invert: boolean } | null
  matches: Match[]
  target: Target
}

export interface Rule extends RuleSpec {
  id: number
  /** Counters set by -c or by iptables-restore, where counting starts. */
  packets: number
  bytes: number
}

export type Policy = 'ACCEPT' | 'DROP'

export interface Chain {
  id: number
  name: string
  /** null for a user chain. */
  policy: Policy | null
  rules: Rule[]
}

export type TableName = 'nat' | 'mangle'

/** In netfilter's order. */
export const BUILTIN_CHAINS: Readonly<Record<TableName, readonly string[]>> = {
  nat: ['PREROUTING', 'INPUT', 'OUTPUT', 'POSTROUTING'],
  mangle: ['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'],
}

/** One of each name per family: iptables and ip6tables. */
export interface RuleTable {
  name: TableName
  family: 4 | 6
  /** Built-in chains first, in netfilter's order, then user chains in the order they were made. */
  chains: Chain[]
}
