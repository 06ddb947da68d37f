/**
 * The control path's one error type: a code, and the facts its messages need.
 *
 * What an administrator reads is chosen at the edge by tables keyed on the code (ipvsadm's text and
 * exit status in cli/ipvsadm, iptables' in cli/iptables, the HTTP status in api). Nothing here knows them.
 */
export type FailureCode =
  // services and destinations (the errno ipvs answers with stands beside it)
  | 'service-exists' // EEXIST
  | 'service-missing' // ESRCH, commands on a service
  | 'service-undefined' // ESRCH, commands on a destination
  | 'destination-exists' // EEXIST
  | 'destination-missing' // ENOENT
  | 'scheduler-missing' // ENOENT
  | 'out-of-range' // ERANGE
  | 'address-not-unicast' // EINVAL
  | 'family-unsupported' // EOPNOTSUPP
  // daemons of synchronisation
  | 'daemon-exists' // EEXIST
  | 'daemon-missing' // ESRCH
  | 'interface-missing' // ENODEV
  // nat chains and rules
  | 'chain-missing'
  | 'chain-exists'
  | 'chain-busy'
  | 'chain-builtin'
  | 'chain-not-empty'
  | 'policy-bad'
  | 'rule-missing'
  | 'index-deletion'
  | 'index-insertion'
  | 'index-replacement'
  | 'target-misplaced'
  | 'target-loop'
  | 'drop-in-nat'
  // the director itself
  | 'not-running'
  | 'already-running'
  | 'permission'
  | 'no-tun'
  | 'no-libbpf'
  | 'state-unreadable'
  | 'bad-request'
  | 'route-missing'
  | 'token-missing'
  | 'token-exists'
  | 'unauthorized'
  | 'too-many-requests'
  | 'too-large'
  | 'revision-conflict'
  | 'address-in-use'
  | 'setting-unknown'
  | 'setting-range'
  | 'setting-fixed'
  | 'internal'

export class Failure extends Error {
  override readonly name = 'Failure'
  readonly code: FailureCode
  /** Facts for the message: `{ chain: 'web' }`. */
  readonly facts: Readonly<Record<string, string | number>>

  constructor(code: FailureCode, message: string, facts: Readonly<Record<string, string | number>> = {}) {
    super(message)
    this.code = code
    this.facts = facts
  }
}
