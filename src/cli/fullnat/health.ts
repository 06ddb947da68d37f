/** `fullnat health [--json]`, and `drain`, `halt`, `online`. */
import { call } from '../../api/client.js'
import { Failure } from '../../failure/failure.js'
import type { HealthView, ServerView } from '../../health/view.js'
import { endpointName, serviceName } from '../../model/name.js'
import type { DirectorClient } from '../io.js'
import type { Terminal } from '../terminal.js'
import type { MaintenanceRequest } from './maintenance-options.js'

export async function health(json: boolean, io: Terminal): Promise<void> {
  const view = await call<HealthView>('GET', '/health')
  io.out(json ? `${JSON.stringify(view, null, 2)}\n` : page(view))
}

function page({ services }: HealthView): string {
  if (services.length === 0) return 'no service has checks, no server is under maintenance\n'
  return services
    .map(({ key, up, onFallback, servers }) => {
      const state = up ? 'up' : onFallback ? 'down, the fallback server takes connections' : 'down'
      return [`${serviceName(key)}  ${state}`, ...servers.flatMap(serverLines)].join('\n')
    })
    .join('\n')
    .concat('\n')
}

function serverLines(server: ServerView): string[] {
  const { address, port, admin, up, weight, effectiveWeight, checks } = server
  const state = admin === 'online' ? (up ? 'up' : 'DOWN') : admin
  const first = `  ${endpointName({ address, port })}  ${state}  weight ${effectiveWeight} of ${weight}`
  const found = checks.map(({ kind, last }) => {
    if (last === null) return `    ${kind}: not asked yet`
    return `    ${kind}: ${last.good ? 'good' : last.reason}, ${last.tookMs} ms, ${new Date(last.at).toISOString()}`
  })
  return [first, ...found]
}

/** Everywhere that the server is. Failure if it is nowhere. */
export async function maintain(
  { command, address, port }: MaintenanceRequest,
  director: DirectorClient,
  io: Terminal,
): Promise<void> {
  const key = { address, port }
  const [result] = await director.commands([
    { kind: 'destination.admin', service: null, key, admin: command, honourPersistence: true },
  ])
  if (!result.ok) throw new Failure(result.failure.code, result.failure.message, result.failure.facts)
  io.out(`fullnat: ${port === null ? address : endpointName({ address, port })} ${SAID[command]}\n`)
}

const SAID = {
  drain: 'drains: it takes no new connections, those it has go on',
  halt: 'is halted: it takes no connections, and those it has go no further',
  online: 'is back online',
} as const
