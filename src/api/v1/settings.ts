/** /v1/settings, /v1/timeouts, /v1/daemons. */
import { createRoute } from '@hono/zod-openapi'
import type { Director } from '../director.js'
import { type App, answers, bodyOf, change, changed, etag, ifMatch } from './route.js'
import { daemons, settings, settingsPatch, timeouts, timeoutsPatch } from './schema/view.js'

const headers = ifMatch
const routes = {
  settings: createRoute({
    method: 'get',
    path: '/v1/settings',
    summary: "net.ipv4.vs by the kernel's names",
    responses: answers('All of them', settings),
  }),
  setSettings: createRoute({
    method: 'patch',
    path: '/v1/settings',
    summary: 'Change settings, all or none',
    request: { headers, body: bodyOf(settingsPatch) },
    responses: answers('Changed', changed),
  }),
  timeouts: createRoute({
    method: 'get',
    path: '/v1/timeouts',
    summary: 'Timeouts of connections, seconds',
    responses: answers('All of them', timeouts),
  }),
  setTimeouts: createRoute({
    method: 'patch',
    path: '/v1/timeouts',
    summary: 'Change timeouts',
    request: { headers, body: bodyOf(timeoutsPatch) },
    responses: answers('Changed', changed),
  }),
  daemons: createRoute({
    method: 'get',
    path: '/v1/daemons',
    summary: 'Daemons of synchronisation',
    responses: answers('Which run', daemons),
  }),
}

export function addSettingRoutes(app: App, director: Director): void {
  app.openapi(routes.settings, async (c) => {
    c.header('ETag', etag(director.state.revision))
    return c.json(await director.settings(), 200)
  })
  app.openapi(routes.setSettings, async (c) => {
    const settings = c.req.valid('json')
    return c.json(await change(c, director, { kind: 'settings.set', settings }), 200)
  })
  app.openapi(routes.timeouts, async (c) => {
    c.header('ETag', etag(director.state.revision))
    return c.json(director.state.timeouts, 200)
  })
  app.openapi(routes.setTimeouts, async (c) => {
    const { tcp = KEPT, tcpFin = KEPT, udp = KEPT } = c.req.valid('json')
    return c.json(await change(c, director, { kind: 'timeouts.set', timeouts: { tcp, tcpFin, udp } }), 200)
  })
  app.openapi(routes.daemons, async (c) => c.json(await director.daemons(), 200))
}

/** The current value. */
const KEPT = 0
