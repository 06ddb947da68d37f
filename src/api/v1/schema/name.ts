/** Names in paths and bodies, and what they stand for. */
import { z } from '@hono/zod-openapi'
import { Failure } from '../../../failure/failure.js'
import { type Endpoint, parseEndpoint, parseService } from '../../../model/name.js'
import type { ServiceKey } from '../../../model/service.js'

const SERVICE = 'tcp:192.0.2.45:80'
const SERVER = '192.0.2.21:80'

const serviceText = z.string().openapi({
  description: 'A virtual service: PROTOCOL:ADDRESS:PORT, IPv6 in brackets; fwm:MARK or fwm6:MARK for a firewall mark',
  example: SERVICE,
})
const serverText = z.string().openapi({ description: 'A real server: ADDRESS:PORT, IPv6 in brackets', example: SERVER })

export const serviceBody = serviceText.refine((text) => parseService(text) !== null, `not a service such as ${SERVICE}`)
export const serverBody = serverText.refine((text) => parseEndpoint(text) !== null, `not a server such as ${SERVER}`)

export const servicePath = z.object({ service: serviceText })
export const serverPath = z.object({ service: serviceText, server: serverText })

/** Failure('bad-request'). */
export function serviceOf(text: string): ServiceKey {
  const key = parseService(text)
  if (key) return key
  throw new Failure('bad-request', `'${text}' is no service; one is named as ${SERVICE} or fwm:7`)
}

/** Failure('bad-request'). */
export function serverOf(text: string): Endpoint {
  const endpoint = parseEndpoint(text)
  if (endpoint) return endpoint
  throw new Failure('bad-request', `'${text}' is no server; one is named as ${SERVER}`)
}
