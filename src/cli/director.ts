/**
 * The director as command lines meet it: the one of this network namespace, whether it runs yet or not.
 *
 * As with the kernel's module, a listing without one shows nothing and a change starts it. Who could not run one
 * is told so ('permission'), as the kernel would.
 */
import { readFileSync } from 'node:fs'
import { call } from '../api/client.js'
import type { CommandResult, ConnectionsView, DaemonsView, ServicesView, TableView } from '../api/routes.js'
import { Failure } from '../failure/failure.js'
import type { TableName } from '../model/netfilter.js'
import { defaults, emptyTable } from '../model/state.js'
import { NO_DAEMONS } from '../model/sync.js'
import { defaultUp } from './fullnat/options.js'
import type { DirectorClient } from './io.js'

/** Bit of CAP_NET_ADMIN (linux/capability.h). */
const CAP_NET_ADMIN = 12n

export function directorClient(root: string): DirectorClient {
  return {
    commands: (list) => startingOne(root, () => call<CommandResult[]>('POST', '/commands', list)),
    services: (counters) => orNothing(() => call<ServicesView>('GET', `/services?counters=${counters}`), noServices),
    table: (name, family) =>
      orNothing(
        () => call<TableView>('GET', `/table?name=${name}&family=${family}`),
        () => noRules(name, family),
      ),
    connections: (from) =>
      orNothing(
        () => call<ConnectionsView>('GET', `/connections?from=${from}`),
        () => ({ rows: [], next: -1 }),
      ),
    daemons: () =>
      orNothing(
        () => call<DaemonsView>('GET', '/daemons'),
        () => ({ daemons: NO_DAEMONS }),
      ),
  }
}

const noServices = (): ServicesView => ({
  services: [],
  counters: [],
  timeouts: { ...defaults.timeouts },
  tableSize: defaults.reportedTableSize,
})

const noRules = (name: TableName, family: 4 | 6): TableView => ({
  table: emptyTable(name, family),
  rules: [],
  policies: [],
})

export const isNotRunning = (error: unknown): boolean => error instanceof Failure && error.code === 'not-running'

async function orNothing<T>(ask: () => Promise<T>, nothing: () => T): Promise<T> {
  try {
    return await ask()
  } catch (error) {
    if (!isNotRunning(error)) throw error
    needNetAdmin()
    return nothing()
  }
}

async function startingOne<T>(root: string, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask()
  } catch (error) {
    if (!isNotRunning(error)) throw error
    needNetAdmin()
    await startUnlessRunning(root)
    return ask()
  }
}

/** Two commands may start one at once: the loser goes on with the winner's, whose socket answers when it serves. */
async function startUnlessRunning(root: string): Promise<void> {
  const { startInBackground } = await import('./fullnat/start.js')
  try {
    await startInBackground(root, defaultUp())
  } catch (error) {
    if (!(error instanceof Failure) || error.code !== 'already-running') throw error
  }
}

/** Failure('permission') without CAP_NET_ADMIN in this network namespace. */
export function needNetAdmin(): void {
  const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'latin1'))
  if (effective && (BigInt(`0x${effective[1]}`) >> CAP_NET_ADMIN) & 1n) return
  throw new Failure(
    'permission',
    'it takes CAP_NET_ADMIN in this network namespace: be root, or enter a namespace of your own (unshare -Urnm)',
  )
}
