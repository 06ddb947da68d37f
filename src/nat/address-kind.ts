/**
 * What kind of address this host takes one for: its own, a broadcast or multicast one, or any other (unicast), as the
 * kernel's local routing table tells (net/ipv4/fib_frontend.c, inet_addr_type; net/netfilter/xt_addrtype.c).
 *
 * The host's addresses come in with the table and lie in one open-addressing index; asking allocates nothing.
 */
import type { Words } from '../address/words.js'

/** Bits, so that a rule can name several. */
export const Kind = {
  ...{ unicast: 1, local: 2, broadcast: 4, multicast: 8 },
  /** What IPv6 learns from a route, as `local`, and no address of a balanced packet is: anycast, unreachable. */
  routed: 16,
  /** Nothing that an address is in the local table. */
  other: 32,
} as const

export interface HostAddresses {
  local: Words[]
  /** Of the networks that interfaces here are on; IPv4 alone has them. */
  broadcast: Words[]
}

export const NO_ADDRESSES: HostAddresses = { local: [], broadcast: [] }

const ENTRY_WORDS = 5
const MAPPED = 0xffff
const LOOPBACK = 127
const MULTICAST_V6 = 0xff

export class AddressKinds {
  /** Address and kind; kind 0 is an empty place. */
  private readonly entries: Int32Array
  private readonly mask: number

  constructor({ local, broadcast }: HostAddresses) {
    let places = 8
    while (places < 2 * (local.length + broadcast.length)) places *= 2
    this.mask = places - 1
    this.entries = new Int32Array(places * ENTRY_WORDS)
    for (const address of local) this.put(address, Kind.local)
    for (const address of broadcast) this.put(address, Kind.broadcast)
  }

  /** IPv4's kinds exclude each other; an IPv6 address of this host is unicast as well. */
  of(words: Int32Array, at: number): number {
    const found = this.entries[this.placeOf(words[at], words[at + 1], words[at + 2], words[at + 3]) + 4]
    if (words[at] === 0 && words[at + 1] === 0 && words[at + 2] === MAPPED) return found || kindOfV4(words[at + 3])
    return (words[at] >>> 24 === MULTICAST_V6 ? Kind.multicast : Kind.unicast) | found
  }

  private put(address: Words, kind: number): void {
    const place = this.placeOf(address[0], address[1], address[2], address[3])
    if (this.entries[place + 4] !== 0) return
    this.entries.set(address, place)
    this.entries[place + 4] = kind
  }

  /** Where the address lies, or could. */
  private placeOf(a: number, b: number, c: number, d: number): number {
    const { entries, mask } = this
    let index = (Math.imul(a ^ Math.imul(b ^ Math.imul(c ^ d, 31), 31), 0x9e3779b1) >>> 12) & mask
    for (;;) {
      const at = index * ENTRY_WORDS
      const isThere = entries[at] === a && entries[at + 1] === b && entries[at + 2] === c && entries[at + 3] === d
      if (entries[at + 4] === 0 || isThere) return at
      index = (index + 1) & mask
    }
  }
}

function kindOfV4(word: number): number {
  const first = word >>> 24
  if (first === LOOPBACK) return Kind.local
  if (first >= 224 && first < 240) return Kind.multicast
  return first === 0 || word === -1 ? Kind.broadcast : Kind.unicast
}
