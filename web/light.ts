/** The traffic lights: what a service or a server stands at, in a colour and a word. */
import type { FindingView } from '../src/api/v1/schema/finding.js'
import type { ServerView, ServiceView } from '../src/api/v1/schema/service.js'

export type Colour = 'good' | 'warn' | 'bad'

export interface Light {
  colour: Colour
  text: string
}

/** What checks found, by the id of a service, and of a server. */
export interface Findings {
  services: ReadonlyMap<number, FindingView>
  servers: ReadonlyMap<number, FindingView['servers'][number]>
}

export const noFindings: Findings = { services: new Map(), servers: new Map() }

export function findingsOf(services: readonly FindingView[]): Findings {
  return {
    services: new Map(services.map((one) => [one.id, one])),
    servers: new Map(services.flatMap(({ servers }) => servers.map((one) => [one.id, one] as const))),
  }
}

/** Tells whether lights differ. */
export const lightsOf = ({ services, servers }: Findings): string =>
  JSON.stringify([
    [...services.values()].map(({ id, onFallback }) => [id, onFallback]),
    [...servers.values()].map(({ id, up, effectiveWeight }) => [id, up, effectiveWeight === 0]),
  ])

export function serverLight({ id, admin, weight }: ServerView, { servers }: Findings): Light {
  const found = servers.get(id)
  if (admin === 'halt') return { colour: 'warn', text: 'halted' }
  if (found && !found.up) return { colour: 'bad', text: 'down' }
  if (admin === 'drain') return { colour: 'warn', text: 'draining' }
  if (weight === 0) return { colour: 'warn', text: 'weight 0' }
  return { colour: 'good', text: found?.effectiveWeight === 0 ? 'up, takes nothing' : 'up' }
}

export function serviceLight({ id, servers }: ServiceView, findings: Findings): Light {
  const lights = servers.map((server) => serverLight(server, findings))
  const taking = lights.filter(({ colour }) => colour === 'good').length
  if (servers.length === 0) return { colour: 'bad', text: 'no server' }
  if (findings.services.get(id)?.onFallback) return { colour: 'bad', text: 'on fallback' }
  if (taking === 0) return { colour: 'bad', text: 'no server up' }
  if (taking < servers.length) return { colour: 'warn', text: `${taking} of ${servers.length} up` }
  return { colour: 'good', text: `${taking} up` }
}
