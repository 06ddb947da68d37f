/** How servers are checked, and who is told: what is desired. Secrets are taken, and never shown. */
import { createRoute } from '@hono/zod-openapi'
import type { Director } from '../director.js'
import { type App, answers, bodyOf, change, changed, etag, ifMatch } from './route.js'
import { alerts, checksBody, healthBody, withoutSecrets } from './schema/health.js'
import { serverOf, serverPath, serviceOf, servicePath } from './schema/name.js'

const headers = ifMatch
const responses = answers('Changed', changed)

const routes = {
  setHealth: createRoute({
    method: 'put',
    path: '/v1/services/{service}/health',
    summary: 'How the servers of a service are checked; null: not at all',
    request: { params: servicePath, headers, body: bodyOf(healthBody) },
    responses,
  }),
  setChecks: createRoute({
    method: 'put',
    path: '/v1/services/{service}/servers/{server}/checks',
    summary: 'Checks of one server; null: those of its service',
    request: { params: serverPath, headers, body: bodyOf(checksBody) },
    responses,
  }),
  alerts: createRoute({
    method: 'get',
    path: '/v1/alerts',
    summary: 'Who is told of changes of state',
    responses: answers('Receivers', alerts),
  }),
  setAlerts: createRoute({
    method: 'put',
    path: '/v1/alerts',
    summary: 'Say who is told of changes of state',
    request: { headers, body: bodyOf(alerts) },
    responses,
  }),
}

export function addCheckRoutes(app: App, director: Director): void {
  app.openapi(routes.setHealth, async (c) => {
    const key = serviceOf(c.req.valid('param').service)
    return c.json(await change(c, director, { kind: 'health.set', key, ...c.req.valid('json') }), 200)
  })
  app.openapi(routes.setChecks, async (c) => {
    const { service, server } = c.req.valid('param')
    const command = { kind: 'destination.checks', service: serviceOf(service), key: serverOf(server) } as const
    return c.json(await change(c, director, { ...command, ...c.req.valid('json') }), 200)
  })
  app.openapi(routes.alerts, async (c) => {
    c.header('ETag', etag(director.state.revision))
    return c.json(withoutSecrets(director.state.alerts), 200)
  })
  app.openapi(routes.setAlerts, async (c) => {
    return c.json(await change(c, director, { kind: 'alerts.set', alerts: c.req.valid('json') }), 200)
  })
}
