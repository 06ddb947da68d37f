/** For tests: rules, chains and packets spelled in few words, and a repeatable stream of random words. */
import { parse, type Words } from '../address/words.js'
import type { ChainSpec, IpvsSpec, PrefixSpec, RuleSpec, SourceSpec } from './chain.js'
import { Verdict } from './chain.js'
import { NatPacket } from './packet.js'

export const words = (address: string): Words => {
  const parsed = parse(address)
  if (parsed === null) throw new Error(`no address: ${address}`)
  return parsed
}

/** Addresses as `client server virtual`. */
export function packet(addresses: string, changes: Partial<NatPacket> = {}): NatPacket {
  const made = Object.assign(new NatPacket(), { protocol: 6, sourcePort: 40000, destinationPort: 8080, bytes: 60 })
  made.words.set(addresses.split(' ').flatMap((address) => [...words(address)]))
  return Object.assign(made, { family: addresses.includes(':') ? 6 : 4, virtualPort: 80, ...changes })
}

/** Of IPv4; '!' before the address inverts. */
export function prefix(text: string, mask: number): PrefixSpec {
  const [a, b, c, d] = words(text.replace('!', ''))
  return { invert: text.startsWith('!'), value: [a, b, c, d & mask], mask: [-1, -1, -1, mask] }
}

let id = 100

export const rule = (verdict: number, changes: Partial<RuleSpec> = {}): RuleSpec => ({
  id: id++,
  never: false,
  protocol: null,
  source: null,
  destination: null,
  inInterface: null,
  outInterface: null,
  sourcePorts: [],
  destinationPorts: [],
  ports: [],
  tcpFlags: [],
  tcpOptions: [],
  chunks: [],
  marks: [],
  kinds: [],
  ipvs: [],
  verdict,
  chain: -1,
  sourceSpec: null,
  markSpec: null,
  packets: 0,
  bytes: 0,
  ...changes,
})

export const ipvs = (changes: Partial<IpvsSpec> = {}): IpvsSpec => ({
  bare: false,
  notIpvs: false,
  protocol: null,
  address: null,
  port: null,
  original: true,
  method: null,
  controlPort: null,
  ...changes,
})

/** `to` as after --to-source: an address, a range, or '' for the client's own. */
export function sourceSpec(to: string, changes: Partial<SourceSpec> = {}): SourceSpec {
  const [first, last] = to === '' ? [null, null] : [words(to.split('-')[0]), words(to.split('-').at(-1)!)]
  return { first, last, firstPort: 0, lastPort: 0, random: false, persistent: false, pool: `pool ${to}`, ...changes }
}

export const snat = (to: string, changes: Partial<RuleSpec> = {}): RuleSpec =>
  rule(Verdict.snat, { sourceSpec: sourceSpec(to), ...changes })

export const jump = (chain: number): RuleSpec => rule(Verdict.jump, { chain })
export const goto = (chain: number): RuleSpec => rule(Verdict.goto, { chain })

/** The first one is POSTROUTING, the others user chains. */
export const chains = (...rules: RuleSpec[][]): ChainSpec[] =>
  rules.map((list, i) => ({
    id: i + 1,
    name: i === 0 ? 'POSTROUTING' : `chain${i}`,
    policy: i === 0 ? Verdict.accept : Verdict.return,
    rules: list,
  }))

/** The same for the same seed (Park and Miller's generator); every answer lies in [0, 2^32). */
export function stream(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 48271) % 0x7fffffff
    return state * 2
  }
}
