/** Drain, halt, online: a server of a service, a whole service, a server wherever it is. */
import { createRoute, z } from '@hono/zod-openapi'
import { parse } from '../../address/words.js'
import type { DestinationChoice } from '../../commands/command.js'
import { Failure } from '../../failure/failure.js'
import { parseEndpoint } from '../../model/name.js'
import type { Director } from '../director.js'
import { type App, answers, bodyOf, change, changed, ifMatch } from './route.js'
import { maintenance } from './schema/health.js'
import { serverOf, serverPath, serviceOf, servicePath } from './schema/name.js'

const request = { headers: ifMatch, body: bodyOf(maintenance) }
const responses = answers('Changed', changed)
const anywhere = z.object({
  server: z.string().openapi({ description: 'ADDRESS, or ADDRESS:PORT', example: '192.0.2.21' }),
})

const routes = {
  server: createRoute({
    method: 'put',
    path: '/v1/services/{service}/servers/{server}/maintenance',
    summary: 'Drain, halt or bring back a server of a service',
    request: { ...request, params: serverPath },
    responses,
  }),
  service: createRoute({
    method: 'put',
    path: '/v1/services/{service}/maintenance',
    summary: 'Drain, halt or bring back all servers of a service',
    request: { ...request, params: servicePath },
    responses,
  }),
  everywhere: createRoute({
    method: 'put',
    path: '/v1/servers/{server}/maintenance',
    summary: 'Drain, halt or bring back a server in every service',
    request: { ...request, params: anywhere },
    responses,
  }),
}

export function addMaintenanceRoutes(app: App, director: Director): void {
  const kind = 'destination.admin'
  app.openapi(routes.server, async (c) => {
    const { service, server } = c.req.valid('param')
    const key = serverOf(server)
    return c.json(await change(c, director, { kind, service: serviceOf(service), key, ...c.req.valid('json') }), 200)
  })
  app.openapi(routes.service, async (c) => {
    const service = serviceOf(c.req.valid('param').service)
    const key = { address: null, port: null }
    return c.json(await change(c, director, { kind, service, key, ...c.req.valid('json') }), 200)
  })
  app.openapi(routes.everywhere, async (c) => {
    const key = choiceOf(c.req.valid('param').server)
    return c.json(await change(c, director, { kind, service: null, key, ...c.req.valid('json') }), 200)
  })
}

/** Failure('bad-request'). */
function choiceOf(text: string): DestinationChoice {
  if (parse(text)) return { address: text, port: null }
  const endpoint = parseEndpoint(text)
  if (endpoint) return endpoint
  throw new Failure('bad-request', `'${text}' is neither an address nor ADDRESS:PORT`)
}
