/** /v1/health: what checks found, and why. Services that nobody checks and that are in no maintenance are not in it. */
import { createRoute } from '@hono/zod-openapi'
import { Failure } from '../../failure/failure.js'
import type { ServiceHealthView } from '../../health/view.js'
import { endpointName, serviceName } from '../../model/name.js'
import type { Director } from '../director.js'
import { type App, answers } from './route.js'
import { type FindingView, finding, findings } from './schema/finding.js'
import { serviceOf, servicePath } from './schema/name.js'
import { desired } from './service-view.js'

const routes = {
  all: createRoute({
    method: 'get',
    path: '/v1/health',
    summary: 'State of checked servers, with the evidence of each change',
    responses: answers('Services that are checked or in maintenance', findings),
  }),
  one: createRoute({
    method: 'get',
    path: '/v1/services/{service}/health',
    summary: 'State of the servers of one service, with the evidence',
    request: { params: servicePath },
    responses: answers('What was found', finding),
  }),
}

export function addFindingRoutes(app: App, director: Director): void {
  app.openapi(routes.all, (c) => c.json({ services: director.health().services.map(findingOf) }, 200))
  app.openapi(routes.one, (c) => {
    const { id, ...key } = desired(director, serviceOf(c.req.valid('param').service))
    const found = director.health().services.find((one) => one.id === id)
    if (found) return c.json(findingOf(found), 200)
    throw new Failure('service-missing', `service ${serviceName(key)} is not checked, and in no maintenance`)
  })
}

const findingOf = ({ key, servers, ...service }: ServiceHealthView): FindingView => ({
  ...service,
  service: serviceName(key),
  servers: servers.map(({ address, port, ...server }) => ({ ...server, server: endpointName({ address, port }) })),
})
