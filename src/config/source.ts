/** `source` of a service: the nat rule that makes full-NAT of it. */
import type { Match, RuleSpec } from '../model/netfilter.js'
import type { ServiceKey } from '../model/service.js'
import type { Pool } from './format/file.js'
import { parseAddressSpan } from './value.js'

const PROTOCOL = { tcp: 6, udp: 17, sctp: 132 } as const
const ALL_BITS = 0xffffffff

/** A source that is no name: masquerade, an address, a range. null: none of them. */
export function poolIn(text: string): Pool | null {
  if (text === 'masquerade') return { addresses: null, ports: null }
  const addresses = parseAddressSpan(text)
  return addresses ? { addresses, ports: null } : null
}

const yes = <T>(value: T) => ({ invert: false, value })

/** `-m ipvs --vaddr VIP --vport PORT -j SNAT --to-source POOL`, as lvs.md has it; with ports, the protocol is named. */
export function sourceRule(key: ServiceKey, { addresses, ports }: Pool): RuleSpec {
  const random = { random: false, randomFully: false }
  const isOfAddress = key.fwmark === 0
  return {
    protocol: yes(isOfAddress ? PROTOCOL[key.protocol] : 0),
    source: null,
    destination: null,
    inInterface: null,
    outInterface: null,
    fragment: null,
    matches: isOfAddress ? [ofService(key)] : [ofMark(key.fwmark), ipvs()],
    target: addresses
      ? { kind: 'SNAT', addresses, ports, ...random, persistent: false }
      : { kind: 'MASQUERADE', ports, ...random },
  }
}

function ipvs(): Match {
  const none = { protocol: null, address: null, port: null, direction: null, method: null, controlPort: null }
  return { kind: 'ipvs', ipvs: { invert: false }, ...none }
}

function ofService({ family, address, port, protocol }: ServiceKey): Match {
  return {
    kind: 'ipvs',
    ipvs: null,
    protocol: yes(PROTOCOL[protocol]),
    address: yes({ address, length: family === 4 ? 32 : 128 }),
    port: port === 0 ? null : yes(port),
    direction: null,
    method: null,
    controlPort: null,
  }
}

const ofMark = (value: number): Match => ({ kind: 'mark', mark: yes({ value, mask: ALL_BITS }) })
