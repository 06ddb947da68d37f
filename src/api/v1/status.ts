/** /v1/status, /v1/session, /v1/pools, /v1/history. */
import { createRoute } from '@hono/zod-openapi'
import type { Director } from '../director.js'
import { type App, answers, etag } from './route.js'
import { carriers, history, pools, session, status } from './schema/view.js'

const routes = {
  status: createRoute({
    method: 'get',
    path: '/v1/status',
    summary: 'What the director carries, drops, and warns about',
    responses: answers('The status', status),
  }),
  session: createRoute({
    method: 'get',
    path: '/v1/session',
    summary: 'Who asks, and what they may',
    responses: answers('Of this request', session),
  }),
  pools: createRoute({
    method: 'get',
    path: '/v1/pools',
    summary: 'Source ports used and free, by address',
    responses: answers('Every address that a rule names or a connection has', pools),
  }),
  carriers: createRoute({
    method: 'get',
    path: '/v1/carriers',
    summary: 'Where each service runs, in the kernel or in the engine, and why',
    responses: answers('Of all services', carriers),
  }),
  history: createRoute({
    method: 'get',
    path: '/v1/history',
    summary: 'Traffic of the last minutes, second by second',
    responses: answers('The oldest first', history),
  }),
}

export function addStatusRoutes(app: App, director: Director): void {
  app.openapi(routes.status, async (c) => {
    c.header('ETag', etag(director.state.revision))
    return c.json(await director.status(), 200)
  })
  app.openapi(routes.session, (c) => c.json(c.var.principal, 200))
  app.openapi(routes.pools, async (c) => c.json({ pools: await director.pools() }, 200))
  app.openapi(routes.carriers, async (c) => c.json(await director.carriers(), 200))
  app.openapi(routes.history, async (c) => c.json(director.history(), 200))
}
