/**
 * The resource API: routes and their schemas, one source for what is checked, answered and documented.
 *
 * Promises that each request has a known principal and a bounded body, that a change is made by who may write, and that
 * whatever goes wrong is answered as problem details. It decides nothing about services itself.
 */
import { OpenAPIHono, type z } from '@hono/zod-openapi'
import { Failure } from '../../failure/failure.js'
import { metricsText } from '../../metrics/director.js'
import { type Access, needWrite } from '../access.js'
import type { Director } from '../director.js'
import { failureOf, problemOf } from '../problem.js'
import { addCheckRoutes } from './checks.js'
import { addConnectionRoutes } from './connections.js'
import { addEventRoutes } from './events.js'
import { addExplainRoutes } from './explain.js'
import { addFindingRoutes } from './findings.js'
import { addMaintenanceRoutes } from './maintenance.js'
import type { App, Environment } from './route.js'
import { addRuleRoutes } from './rules.js'
import { addServiceRoutes } from './services.js'
import { addSettingRoutes } from './settings.js'
import { addStatusRoutes } from './status.js'

/** What is served: one line for each part. */
const REGISTRY = [
  addServiceRoutes,
  addMaintenanceRoutes,
  addCheckRoutes,
  addFindingRoutes,
  addRuleRoutes,
  addConnectionRoutes,
  addSettingRoutes,
  addStatusRoutes,
  addExplainRoutes,
  addEventRoutes,
]

export interface AppOptions {
  director: Director
  access: Access
  version: string
  /** Something that is a fault of ours, not of the request. */
  onFault(error: unknown): void
}

const OPENAPI = '/v1/openapi.json'
const BODY_MAX_BYTES = 8 << 20
const READING = ['GET', 'HEAD']
/** A question too long for a path: it changes nothing. */
const ASKING = '/v1/explain'

export function createApp(options: AppOptions): App {
  const app: App = new OpenAPIHono<Environment>({ defaultHook: (result) => refuse(result) })
  app.onError((error) => problemResponse(error, options.onFault))
  app.notFound((c) => problemResponse(new Failure('route-missing', `there is no ${c.req.path} here`), () => {}))
  admit(app, options)
  app.use((c, next) => {
    needBounded(c.req.header('content-length') ?? '0', c.req.header('transfer-encoding') ?? '')
    return next()
  })
  for (const add of REGISTRY) add(app, options.director)
  addMetrics(app, options.director)
  document(app, options.version)
  return app
}

function admit(app: App, { access }: AppOptions): void {
  app.use(async (c, next) => {
    if (c.req.path === OPENAPI) return next()
    const principal = access.principalOf(c.env.peer, c.req.header('authorization'), performance.now())
    if (!READING.includes(c.req.method) && c.req.path !== ASKING) needWrite(principal)
    c.set('principal', principal)
    return next()
  })
}

function addMetrics(app: App, director: Director): void {
  app.get('/metrics', async (c) => {
    const [status, services, pools] = await Promise.all([director.status(), director.services(true), director.pools()])
    return c.text(metricsText({ status, services, pools, health: director.health() }), 200, {
      'Content-Type': 'text/plain; version=0.0.4; charset=utf-8',
    })
  })
}

function document(app: App, version: string): void {
  app.openAPIRegistry.registerComponent('securitySchemes', 'token', { type: 'http', scheme: 'bearer' })
  const info = { title: 'fullnat', version, description: 'The director of a network namespace' }
  let made: object | null = null
  app.get(OPENAPI, (c) => {
    made ??= app.getOpenAPI31Document({ openapi: '3.1.0', info, security: [{ token: [] }] })
    return c.json(made)
  })
}

function refuse(result: { success: true } | { success: false; error: z.ZodError }): void {
  if (result.success) return
  const wrong = result.error.issues.map(({ path, message }) => `${path.join('.') || 'the body'}: ${message}`)
  throw new Failure('bad-request', wrong.join('; '))
}

/** The length is said beforehand, and node reads no more than that. Failure('too-large', 'bad-request'). */
function needBounded(length: string, encoding: string): void {
  if (encoding !== '') throw new Failure('bad-request', 'a body has a Content-Length, and comes in one piece')
  if (!(Number(length) <= BODY_MAX_BYTES)) throw new Failure('too-large', `a body has at most ${BODY_MAX_BYTES} bytes`)
}

function problemResponse(error: unknown, onFault: (error: unknown) => void): Response {
  const failure = asFailure(error)
  if (failure.code === 'internal') onFault(error)
  const problem = problemOf(failure)
  const headers = new Headers({ 'Content-Type': 'application/problem+json' })
  if (failure.code === 'unauthorized') headers.set('WWW-Authenticate', 'Bearer')
  if (failure.code === 'too-many-requests') headers.set('Retry-After', '1')
  return new Response(JSON.stringify(problem), { status: problem.status, headers })
}

/** hono's own refusals (a body that is no JSON) are the request's fault. */
function asFailure(error: unknown): Failure {
  const { status, message } = error as { status?: number; message: string }
  if (!(error instanceof Failure) && status === 400) return new Failure('bad-request', message)
  return failureOf(error)
}
