/** Daemons of synchronisation are started and stopped: one of each role. */
import { Failure } from '../failure/failure.js'
import type { DaemonCommand } from './command.js'
import type { Draft } from './draft.js'

/** Failure 'daemon-exists' or 'daemon-missing'. */
export function applyDaemon(draft: Draft, command: DaemonCommand): true {
  const { role } = command
  const runs = draft.state.daemons[role] !== null
  if (command.kind === 'daemon.start' && runs) throw new Failure('daemon-exists', `the ${role} daemon runs already`)
  if (command.kind === 'daemon.stop' && !runs) throw new Failure('daemon-missing', `the ${role} daemon does not run`)
  const daemon = command.kind === 'daemon.start' ? command.daemon : null
  draft.state.daemons = { ...draft.state.daemons, [role]: daemon }
  return true
}
