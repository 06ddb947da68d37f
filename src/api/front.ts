/**
 * Everything that HTTP clients other than the command lines ask for: the resource API, /metrics and the dashboard.
 *
 * The same on the control socket and on TCP. Its packages (hono, zod) are loaded with it, so whoever needs it not does not
 * pay for them.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { getRequestListener } from '@hono/node-server'
import type { Access, Peer } from './access.js'
import type { Director } from './director.js'
import { Pages } from './page.js'
import { createApp } from './v1/app.js'

export type Front = (request: IncomingMessage, response: ServerResponse, peer: Peer) => void

export interface FrontOptions {
  director: Director
  access: Access
  version: string
  onFault(error: unknown): void
}

export function createFront(options: FrontOptions): Front {
  const app = createApp(options)
  const pages = new Pages()
  return (request, response, peer) => {
    if (pages.serve(request, response)) return
    const listener = getRequestListener((asked) => app.fetch(asked, { peer }), { overrideGlobalObjects: false })
    void listener(request, response)
  }
}
