/** /v1/explain, /v1/failures: why a packet goes where it goes, and what was dropped. */
import { createRoute } from '@hono/zod-openapi'
import type { Director } from '../director.js'
import { type App, answers, bodyOf } from './route.js'
import { explanation, failures, failuresQuery, question } from './schema/explanation.js'

const routes = {
  explain: createRoute({
    method: 'post',
    path: '/v1/explain',
    summary: 'What is done with a packet, step by step; nothing changes by it',
    request: { body: bodyOf(question) },
    responses: answers('The explanation', explanation),
  }),
  failures: createRoute({
    method: 'get',
    path: '/v1/failures',
    summary: 'Packets dropped in the last minutes',
    request: { query: failuresQuery },
    responses: answers('The latest first, at most 1000', failures),
  }),
}

export function addExplainRoutes(app: App, director: Director): void {
  app.openapi(routes.explain, async (c) => c.json(await director.explain(c.req.valid('json')), 200))
  app.openapi(routes.failures, async (c) => c.json(await director.failures(c.req.valid('query').last * 1000), 200))
}
