/** /v1/services and the servers behind them. */
import { createRoute, z } from '@hono/zod-openapi'
import { Failure } from '../../failure/failure.js'
import { destinationKeyText, type Service } from '../../model/service.js'
import type { Director } from '../director.js'
import { type App, answers, bodyOf, change, changed, etag, ifMatch } from './route.js'
import { serverOf, serverPath, serviceOf, servicePath } from './schema/name.js'
import {
  defaultServerOptions,
  defaultServiceOptions,
  newServer,
  newService,
  serverPatch,
  service,
  servicePatch,
} from './schema/service.js'
import { desired, listServices, oneService } from './service-view.js'

const SERVICE = '/v1/services/{service}'
const SERVER = '/v1/services/{service}/servers/{server}'
const headers = ifMatch

const query = z.object({
  search: z.string().max(80).default('').openapi({ description: "A part of a service's or a server's name" }),
  limit: z.coerce.number().int().min(1).max(10_000).default(1000),
  after: z.string().default('').openapi({ description: '`next` of the page before' }),
})
const page = z.object({ services: z.array(service), next: z.string().nullable() }).openapi('Services')

const routes = {
  list: createRoute({
    method: 'get',
    path: '/v1/services',
    summary: 'Services with their servers and counters',
    request: { query },
    responses: answers('In the order they were added', page),
  }),
  one: createRoute({
    method: 'get',
    path: SERVICE,
    summary: 'One service',
    request: { params: servicePath },
    responses: answers('The service', service),
  }),
  add: createRoute({
    method: 'post',
    path: '/v1/services',
    summary: 'Add a service',
    request: { headers, body: bodyOf(newService) },
    responses: answers('Added', changed),
  }),
  edit: createRoute({
    method: 'patch',
    path: SERVICE,
    summary: "Change a service's options",
    request: { params: servicePath, headers, body: bodyOf(servicePatch) },
    responses: answers('Changed', changed),
  }),
  remove: createRoute({
    method: 'delete',
    path: SERVICE,
    summary: 'Remove a service and its servers',
    request: { params: servicePath, headers },
    responses: answers('Removed', changed),
  }),
  zero: createRoute({
    method: 'post',
    path: `${SERVICE}/zero`,
    summary: 'Counters of the service and its servers start again from zero',
    request: { params: servicePath, headers },
    responses: answers('Done', changed),
  }),
  addServer: createRoute({
    method: 'post',
    path: `${SERVICE}/servers`,
    summary: 'Add a server to a service',
    request: { params: servicePath, headers, body: bodyOf(newServer) },
    responses: answers('Added', changed),
  }),
  editServer: createRoute({
    method: 'patch',
    path: SERVER,
    summary: "Change a server's weight or other options",
    request: { params: serverPath, headers, body: bodyOf(serverPatch) },
    responses: answers('Changed', changed),
  }),
  removeServer: createRoute({
    method: 'delete',
    path: SERVER,
    summary: 'Remove a server from a service',
    request: { params: serverPath, headers },
    responses: answers('Removed', changed),
  }),
}

export function addServiceRoutes(app: App, director: Director): void {
  app.openapi(routes.list, async (c) => {
    const { search, limit, after } = c.req.valid('query')
    c.header('ETag', etag(director.state.revision))
    return c.json(await listServices(director, search, limit, after), 200)
  })
  app.openapi(routes.one, async (c) => {
    c.header('ETag', etag(director.state.revision))
    return c.json(await oneService(director, serviceOf(c.req.valid('param').service)), 200)
  })
  app.openapi(routes.add, async (c) => {
    const { service, ...given } = c.req.valid('json')
    const key = serviceOf(service)
    const options = { ...defaultServiceOptions(key.family), ...defined(given) }
    return c.json(await change(c, director, { kind: 'service.add', key, options }), 200)
  })
  app.openapi(routes.edit, async (c) => {
    const key = serviceOf(c.req.valid('param').service)
    const { id, destinations, health, family, protocol, address, port, fwmark, ...before } = desired(director, key)
    const options = { ...before, ...defined(c.req.valid('json')) }
    return c.json(await change(c, director, { kind: 'service.edit', key, options }), 200)
  })
  app.openapi(routes.remove, async (c) => {
    const key = serviceOf(c.req.valid('param').service)
    return c.json(await change(c, director, { kind: 'service.delete', key }), 200)
  })
  app.openapi(routes.zero, async (c) => {
    const key = serviceOf(c.req.valid('param').service)
    return c.json(await change(c, director, { kind: 'service.zero', key }), 200)
  })
  addServerRoutes(app, director)
}

function addServerRoutes(app: App, director: Director): void {
  app.openapi(routes.addServer, async (c) => {
    const service = serviceOf(c.req.valid('param').service)
    const { server, ...given } = c.req.valid('json')
    const options = { ...defaultServerOptions(), ...defined(given) }
    const command = { kind: 'destination.add', service, key: serverOf(server), options } as const
    return c.json(await change(c, director, command), 200)
  })
  app.openapi(routes.editServer, async (c) => {
    const { service, server } = c.req.valid('param')
    const [key, at] = [serviceOf(service), serverOf(server)]
    const { id, address, port, admin, honourPersistence, checks, ...before } = destinationOf(desired(director, key), at)
    const options = { ...before, ...defined(c.req.valid('json')) }
    return c.json(await change(c, director, { kind: 'destination.edit', service: key, key: at, options }), 200)
  })
  app.openapi(routes.removeServer, async (c) => {
    const { service, server } = c.req.valid('param')
    const command = { kind: 'destination.delete', service: serviceOf(service), key: serverOf(server) } as const
    return c.json(await change(c, director, command), 200)
  })
}

function destinationOf(
  { destinations }: Service,
  at: { address: string; port: number },
): Service['destinations'][number] {
  const text = destinationKeyText(at)
  const found = destinations.find((one) => destinationKeyText(one) === text)
  if (found) return found
  throw new Failure('destination-missing', `the service has no server ${at.address} port ${at.port}`)
}

/** What was given. */
type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> }
const defined = <T extends object>(given: T): Defined<T> =>
  Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as Defined<T>
