/** What one command line asks for, checked and complete. */
import type { DaemonCommand, ServiceCommand } from '../../commands/command.js'
import type { ServiceKey } from '../../model/service.js'

export type View = 'plain' | 'stats' | 'rate' | 'thresholds' | 'persistent-conn' | 'tun-info'

export interface Listing {
  kind: 'list'
  /** null: all services. */
  service: ServiceKey | null
  view: View
  numeric: boolean
  sorted: boolean
  /** --exact: numbers are not scaled. */
  exact: boolean
}

export type Request =
  | { kind: 'change'; command: ServiceCommand | DaemonCommand }
  | Listing
  | { kind: 'connections'; numeric: boolean; engineData: boolean }
  | { kind: 'save'; numeric: boolean }
  | { kind: 'timeouts' }
  | { kind: 'daemons' }
  | { kind: 'restore' }
  | { kind: 'help' }
  | { kind: 'version' }

/** `ipvsadm` alone. */
export const listAll: Listing = {
  kind: 'list',
  service: null,
  view: 'plain',
  numeric: false,
  sorted: true,
  exact: false,
}
