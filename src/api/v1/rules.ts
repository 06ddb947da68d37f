/** /v1/rules: the tables nat and mangle. */
import { createRoute } from '@hono/zod-openapi'
import type { Director } from '../director.js'
import type { TableView } from '../routes.js'
import { type App, answers, bodyOf, change, changed, etag, ifMatch } from './route.js'
import { table, tableChanges, tablePath } from './schema/rule.js'

const path = '/v1/rules/{table}/{family}'
const routes = {
  list: createRoute({
    method: 'get',
    path,
    summary: 'Chains, rules and what they matched',
    request: { params: tablePath },
    responses: answers('The table', table),
  }),
  change: createRoute({
    method: 'post',
    path,
    summary: 'Change chains and rules, all or none',
    request: { params: tablePath, headers: ifMatch, body: bodyOf(tableChanges) },
    responses: answers('Changed', changed),
  }),
}

export function addRuleRoutes(app: App, director: Director): void {
  app.openapi(routes.list, async (c) => {
    const { table, family } = c.req.valid('param')
    c.header('ETag', etag(director.state.revision))
    return c.json(counted(await director.table(table, family)), 200)
  })
  app.openapi(routes.change, async (c) => {
    const place = c.req.valid('param')
    const { flush, changes } = c.req.valid('json')
    const placed = changes.map((one) => ({ ...one, ...place }))
    return c.json(await change(c, director, { kind: 'table.batch', ...place, flush, changes: placed }), 200)
  })
}

/** Each rule and chain with its own counters. */
function counted({ table, rules, policies }: TableView) {
  const byId = new Map([...rules, ...policies].map(({ id, packets, bytes }) => [id, { packets, bytes }]))
  const none = { packets: 0, bytes: 0 }
  const chains = table.chains.map((chain) => ({
    ...chain,
    ...(byId.get(chain.id) ?? none),
    rules: chain.rules.map((rule) => ({ ...rule, ...byId.get(rule.id) })),
  }))
  return { ...table, chains }
}
