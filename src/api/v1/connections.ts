/** /v1/connections: a page at a time, searched while the packets go on. */
import { createRoute } from '@hono/zod-openapi'
import type { ConnectionView } from '../../engine/data-plane.js'
import { endpointName } from '../../model/name.js'
import type { Director } from '../director.js'
import { type App, answers } from './route.js'
import { connectionQuery, connections } from './schema/view.js'

/** Pages of the table looked at for one answer: 64 times 512 connections, some tens of milliseconds. */
const PAGES_MAX = 64
const PROTOCOLS: Readonly<Record<number, string>> = { 6: 'tcp', 17: 'udp', 132: 'sctp', 0: 'ip' }

const route = createRoute({
  method: 'get',
  path: '/v1/connections',
  summary: 'Connections, searched',
  request: { query: connectionQuery },
  responses: answers('Some of them', connections),
})

export function addConnectionRoutes(app: App, director: Director): void {
  app.openapi(route, async (c) => {
    const { search, limit, after } = c.req.valid('query')
    const words = search.split(/\s+/).filter((word) => word !== '')
    return c.json(await find(director, words, limit, after), 200)
  })
}

async function find(director: Director, words: readonly string[], limit: number, after: number) {
  const found: ConnectionView[] = []
  let from = after
  for (let i = 0; i < PAGES_MAX && from >= 0 && found.length < limit; i++) {
    const { views, next } = await director.connectionPage(from)
    found.push(...views.filter((view) => isMeant(view, words)))
    from = next
  }
  return { connections: found, next: from < 0 ? null : from }
}

/** Each word is one of the connection's own: an address, an endpoint, a state, a protocol. */
function isMeant(view: ConnectionView, words: readonly string[]): boolean {
  if (words.length === 0) return true
  const own = [
    PROTOCOLS[view.protocol] ?? `${view.protocol}`,
    view.state.toLowerCase(),
    ...ends(view.client, view.clientPort),
    ...ends(view.virtual, view.virtualPort),
    ...ends(view.destination, view.destinationPort),
    ...ends(view.source, view.sourcePort),
  ]
  return words.every((word) => own.includes(word.toLowerCase()))
}

const ends = (address: string, port: number): string[] => [address, endpointName({ address, port })]
