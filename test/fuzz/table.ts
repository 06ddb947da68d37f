/** What the fuzzed engine runs: every way a new connection can go: SNAT, LVS-NAT, a pool that runs dry, no real server. */
import { compile } from '../../src/compile/compile.js'
import type { ForwardingTable } from '../../src/engine/table.js'
import { emptyState } from '../../src/model/state.js'
import { changed } from '../packets/state.js'
import { masq, poolRule, snat, v4, v6 } from '../packets/world.js'

const STATE = [v4, v6].flatMap((w) => [
  poolRule(w, '40000-40003', 'udp'),
  ...snat(w),
  ...masq(w, '-u'),
  ...masq(w, '--sctp-service'),
  `ipvsadm -A -t ${w.vip(81)}`,
])

export const fuzzedTable = (): ForwardingTable => compile(STATE.reduce(changed, emptyState()), { to: () => null })
