/** Source ports by address: what rules offer beside what is in use. */
import type { PoolView } from '../api/routes.js'
import type { SourceUse } from '../engine/data-plane.js'
import type { PortSpan, Target } from '../model/netfilter.js'
import type { State } from '../model/state.js'

/** Without a range a client's port above 1023 gets one from 1024 on (nf_nat_l4proto_unique_tuple). */
const USUAL: PortSpan = { from: 1024, to: 65535 }

/** Addresses that rules name by themselves, and those in use: of a range (A-B), of MASQUERADE. */
export function poolViews(state: State, inUse: readonly SourceUse[]): PoolView[] {
  const sizes = sizesByAddress(state)
  const uses = new Map(inUse.map((use) => [use.address, use]))
  return [...new Set([...sizes.keys(), ...uses.keys()])].sort().map((address) => {
    const { used, spaces, fullest } = uses.get(address) ?? { used: 0, spaces: 0, fullest: 0 }
    const size = sizes.get(address) ?? sizeOf(USUAL)
    return { address, used, spaces, fullest, size, free: Math.max(0, size - fullest) }
  })
}

const sizeOf = ({ from, to }: PortSpan): number => to - from + 1

/** By the narrowest rule. */
function sizesByAddress({ nat }: State): Map<string, number> {
  const sizes = new Map<string, number>()
  const targets = [...nat.v4.chains, ...nat.v6.chains].flatMap(({ rules }) => rules.map(({ target }) => target))
  for (const target of targets) {
    for (const address of ends(target)) {
      const size = target.kind === 'SNAT' ? sizeOf(target.ports ?? USUAL) : sizeOf(USUAL)
      sizes.set(address, Math.min(size, sizes.get(address) ?? size))
    }
  }
  return sizes
}

const ends = (target: Target): string[] =>
  target.kind === 'SNAT' && target.addresses ? [target.addresses.from, target.addresses.to] : []
