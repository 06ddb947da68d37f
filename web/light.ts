/** The traffic lights: what a service or a server stands at, in a colour and a word. */
import type { ServerView, ServiceView } from '../src/api/v1/schema/service.js'

export type Colour = 'good' | 'warn' | 'bad'

export interface Light {
  colour: Colour
  text: string
}

export function serverLight({ admin, weight }: ServerView): Light {
  if (admin === 'halt') return { colour: 'warn', text: 'halted' }
  if (admin === 'drain') return { colour: 'warn', text: 'draining' }
  return weight === 0 ? { colour: 'warn', text: 'weight 0' } : { colour: 'good', text: 'up' }
}

export function serviceLight({ servers }: ServiceView): Light {
  const lights = servers.map(serverLight)
  const taking = lights.filter(({ colour }) => colour === 'good').length
  if (servers.length === 0) return { colour: 'bad', text: 'no server' }
  if (taking === 0) return { colour: 'bad', text: 'no server up' }
  if (taking < servers.length) return { colour: 'warn', text: `${taking} of ${servers.length} up` }
  return { colour: 'good', text: `${taking} up` }
}
