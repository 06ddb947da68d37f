/**
 * The golden packet table: packets in, packets out, byte for byte, for every data path that fullnat has.
 *
 * A case is a state in command lines and steps that run one after the other on a data path with no connection yet. What a
 * data path may choose (the source port of a clash) a case asks for as a span and uses afterwards. The TypeScript
 * engine runs the table in golden.test.ts; anything that is a GoldenPath can (an eBPF program through
 * BPF_PROG_TEST_RUN: `handle` is one run, its return code is the verdict).
 */
import type { ForwardingTable } from '../../src/engine/table.js'
import type { Reason } from '../../src/failure/reason.js'
import type { Built } from './build.js'

/**
 * forwarded: sent on, rewritten. host: the host's own stack gets it, as it came. answered: an ICMP error or a reset
 * goes back instead of it. held: a fragment that waits for others. dropped: nothing happens.
 */
export type Verdict = 'forwarded' | 'host' | 'answered' | 'held' | 'dropped'

export type ReasonName = keyof typeof Reason

export interface Span {
  from: number
  to: number
}

/** A packet that may depend on the source ports chosen so far, first one first. */
export type PacketOf = (chosen: readonly number[]) => Built

export interface PacketStep {
  kind: 'packet'
  packet: PacketOf
  verdict: Verdict
  /** What goes out, null if nothing does; for `host` it is the packet itself. */
  out: PacketOf | null
  /** What goes out behind it: further pieces of a datagram. */
  rest: readonly Built[]
  /** Where the source port of what goes out must lie; it is then the last of `chosen`. null: nothing to choose. */
  choice: Span | null
  /** The one counter of drops that rises by one; 'none': none does. */
  reason: ReasonName
}

export type Step =
  | PacketStep
  /** An ipvsadm, iptables or ip6tables command line. */
  | { kind: 'command'; line: string }
  | { kind: 'wait'; ms: number }

/** Of the first service, the first rule of POSTROUTING and the connection table. */
export interface GoldenCounters {
  connections: number
  active: number
  inactive: number
  inPackets: number
  inBytes: number
  outPackets: number
  outBytes: number
  rulePackets: number
}

export interface GoldenCase {
  name: string
  /** Command lines. */
  state: readonly string[]
  steps: readonly Step[]
  /** What they must have come to in the end; counters not named are not looked at. */
  counters: Partial<GoldenCounters>
}

/** What a data path did with one packet. */
export interface Outcome {
  verdict: Verdict
  /** What it sent; null: nothing. */
  out: Built | null
  /** Further pieces of a datagram. */
  rest: Built[]
}

/** A data path that can run the table, one packet at a time. */
export interface GoldenPath {
  install(table: ForwardingTable): void
  handle(packet: Built): Outcome
  wait(ms: number): void
  /** Dropped packets by reason; absent is zero. */
  drops(): Partial<Record<ReasonName, number>>
  counters(): GoldenCounters
}

const always = (packet: Built | PacketOf): PacketOf => (typeof packet === 'function' ? packet : () => packet)

const step = (
  packet: Built | PacketOf,
  verdict: Verdict,
  out: Built | PacketOf | null,
  reason: ReasonName,
  choice: Span | null = null,
  rest: readonly Built[] = [],
): Step => ({ kind: 'packet', packet: always(packet), verdict, out: out && always(out), reason, choice, rest })

export const forwards = (packet: Built | PacketOf, out: Built | PacketOf): Step =>
  step(packet, 'forwarded', out, 'none')

/** Forwarded from a source port the data path chooses in `span`: `out` gets it as the last of `chosen`. */
export const forwardsFrom = (span: Span, packet: Built | PacketOf, out: PacketOf): Step =>
  step(packet, 'forwarded', out, 'none', span)

/** A fragment of a datagram of which others are missing. */
export const holds = (packet: Built): Step => step(packet, 'held', null, 'none')

/** The last missing fragment: the datagram goes out in these pieces. */
export const completes = (packet: Built, verdict: 'forwarded' | 'host', [out, ...rest]: readonly Built[]): Step =>
  step(packet, verdict, out, 'none', null, rest)

export const toHost = (packet: Built): Step => step(packet, 'host', packet, 'none')

export const answers = (packet: Built | PacketOf, out: Built | PacketOf, reason: ReasonName): Step =>
  step(packet, 'answered', out, reason)

export const drops = (packet: Built | PacketOf, reason: ReasonName): Step => step(packet, 'dropped', null, reason)

export const command = (line: string): Step => ({ kind: 'command', line })

export const wait = (ms: number): Step => ({ kind: 'wait', ms })

/** A case; steps and, where they matter, counters. */
export const golden = (
  name: string,
  state: readonly string[],
  steps: readonly Step[],
  counters: Partial<GoldenCounters> = {},
): GoldenCase => ({ name, state, steps, counters })
