/**
 * Many endpoints as few blocks of addresses and ports that contain them all: the kernel tries rules one by one, and adds
 * each behind all others, so a hundred thousand of them would cost every packet milliseconds and one change a minute.
 *
 * The blocks contain nothing else where neighbours allow it. Else they are widened, addresses first, until they are
 * few; what they contain beyond the endpoints belongs to no connection, and the engine gives it back.
 */
import { type Family, familyOf, type Words } from '../../address/words.js'
import type { Ports, Subnet } from '../../sys/rule.js'
import type { Endpoint } from './spec.js'

export interface Block {
  protocol: number
  subnet: Subnet
  /** null: every port. */
  ports: Ports | null
}

/** Blocks that are few: 6 us a packet. */
export const BLOCKS_MAX = 256
/** The kernel's rules have no port 65535: it takes every port of its address. */
const PORT_MAX = 65_534
/** Ports that may stand between two endpoints of one block. */
const GAPS = [0, 16, 256, 4096, PORT_MAX]
const STEP_BITS = 4

/** Prefix lengths of 128 bits. */
type Prefix = { address: Words; bits: number }

export function cover(family: Family, endpoints: readonly Endpoint[]): Block[] {
  const least = leastBits(family)
  let kinds = kindsOf(endpoints)
  for (let bits = 128; ; bits = Math.max(bits - STEP_BITS, least)) {
    kinds = kinds.map((kind) => ({ ...kind, prefixes: widen(kind.prefixes, bits, least) }))
    const isLast = bits === least
    if (!isLast && kinds.some(({ prefixes }) => prefixes.length > BLOCKS_MAX)) continue
    const blocks = byPrefix(kinds)
    for (const gap of GAPS) {
      const found = blocks.flatMap((block) => split(block, gap))
      if (found.length <= BLOCKS_MAX || (isLast && gap === PORT_MAX)) return found
    }
  }
}

/** Rules of length 0 could not be deleted without meaning another. */
const leastBits = (family: Family): number => (family === 4 ? 97 : 1)

/** Addresses of one protocol and port. */
interface Kind {
  protocol: number
  /** 0: every port. */
  port: number
  /** In order; none contains another. */
  prefixes: Prefix[]
}

function kindsOf(endpoints: readonly Endpoint[]): Kind[] {
  const kinds = new Map<number, Kind>()
  for (const { protocol, address, port: asked, lastPort } of endpoints) {
    const port = asked > PORT_MAX || lastPort > asked ? 0 : asked // a range of ports is taken for all of them
    const key = protocol * 65_536 + port
    const kind = kinds.get(key)
    if (kind) kind.prefixes.push({ address, bits: 128 })
    else kinds.set(key, { protocol, port, prefixes: [{ address, bits: 128 }] })
  }
  for (const { prefixes } of kinds.values()) prefixes.sort((a, b) => compare(a.address, b.address))
  return [...kinds.values()]
}

/** The fewest prefixes of at most `bits` that contain these. */
function widen(prefixes: Prefix[], bits: number, least: number): Prefix[] {
  const found: Prefix[] = []
  for (const prefix of prefixes) {
    if (found.length > 0 && contains(found[found.length - 1], prefix.address)) continue
    found.push(prefix.bits <= bits ? prefix : { address: masked(prefix.address, bits), bits })
    while (joinLast(found, least));
  }
  return found
}

/** Two halves of one prefix become that prefix. */
function joinLast(found: Prefix[], least: number): boolean {
  const first = found.at(-2)
  const second = found.at(-1)
  if (!first || !second || first.bits !== second.bits || first.bits === least) return false
  const whole = { address: first.address, bits: first.bits - 1 }
  if (!contains(whole, first.address) || !contains(whole, second.address)) return false
  found.splice(-2, 2, whole)
  return true
}

interface PortsOfPrefix {
  protocol: number
  prefix: Prefix
  ports: number[]
}

function byPrefix(kinds: Kind[]): PortsOfPrefix[] {
  const found = new Map<string, PortsOfPrefix>()
  for (const { protocol, port, prefixes } of kinds) {
    for (const prefix of prefixes) {
      const key = `${protocol} ${prefix.address} ${prefix.bits}`
      const same = found.get(key)
      if (same) same.ports.push(port)
      else found.set(key, { protocol, prefix, ports: [port] })
    }
  }
  return [...found.values()]
}

/** One block for each run of ports with no more than `gap` between two. */
function split({ protocol, prefix, ports }: PortsOfPrefix, gap: number): Block[] {
  const subnet = subnetOf(prefix)
  if (ports.includes(0)) return [{ protocol, subnet, ports: null }]
  const runs: [number, number][] = []
  for (const port of ports.sort((a, b) => a - b)) {
    const last = runs.at(-1)
    if (last && port - last[1] - 1 <= gap) last[1] = port
    else runs.push([port, port])
  }
  return runs.map((run) => ({ protocol, subnet, ports: run }))
}

const subnetOf = ({ address, bits }: Prefix): Subnet => ({
  address,
  length: familyOf(address) === 4 ? bits - 96 : bits,
})

function contains({ address, bits }: Prefix, other: Words): boolean {
  for (let i = 0; i < 4; i++) if ((other[i] & mask(bits - 32 * i)) !== address[i]) return false
  return true
}

const masked = (words: Words, bits: number): Words => [
  words[0] & mask(bits),
  words[1] & mask(bits - 32),
  words[2] & mask(bits - 64),
  words[3] & mask(bits - 96),
]

const mask = (bits: number): number => (bits <= 0 ? 0 : bits >= 32 ? -1 : -1 << (32 - bits))

function compare(a: Words, b: Words): number {
  for (let i = 0; i < 4; i++) if (a[i] !== b[i]) return a[i] >>> 0 < b[i] >>> 0 ? -1 : 1
  return 0
}
