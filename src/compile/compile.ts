/**
 * The only bridge between the planes: the desired state to the table that a data path runs.
 *
 * Promises a table that can be installed without checks, or a Failure. It never changes the state, keeps nothing
 * between calls, and reads the host only through the Routes it is given.
 */
import type { ForwardingTable } from '../engine/table.js'
import type { State } from '../model/state.js'
import { type HostAddresses, NO_ADDRESSES } from '../nat/address-kind.js'
import type { ChainSpec } from '../nat/chain.js'
import { compileChains } from './chain.js'
import { compileServices, type Routes } from './service.js'
import { compileSettings } from './settings.js'
import { wayNeed } from './way-need.js'

export type { Routes } from './service.js'

/**
 * Failure 'bad-request' for an address that is none, 'scheduler-missing' for a scheduler nobody has. `addresses` is asked
 * if a rule asks for kinds of addresses.
 */
export function compile(
  state: State,
  routes: Routes,
  addresses: () => HostAddresses = () => NO_ADDRESSES,
): ForwardingTable {
  const { nat, mangle } = state
  const { tcp, tcpFin, udp } = state.timeouts
  const source = { v4: compileChains(nat.v4, 'POSTROUTING'), v6: compileChains(nat.v6, 'POSTROUTING') }
  const marks = { v4: compileChains(mangle.v4, 'PREROUTING'), v6: compileChains(mangle.v6, 'PREROUTING') }
  const asksForKinds = [source, marks].flatMap(({ v4, v6 }) => [...v4, ...v6]).some(hasKinds)
  return {
    revision: state.revision,
    services: compileServices(state.services, routes, wayNeed(state)),
    nat: source,
    mangle: marks,
    addresses: asksForKinds ? addresses() : NO_ADDRESSES,
    timeouts: { tcp: tcp * 1000, tcpFin: tcpFin * 1000, udp: udp * 1000 },
    settings: compileSettings(state),
  }
}

const hasKinds = ({ rules }: ChainSpec): boolean => rules.some(({ kinds }) => kinds.length > 0)
