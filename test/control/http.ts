/** Plain HTTP, as any client speaks it: over the control socket or TCP. */
import { request as ask, type IncomingHttpHeaders, type RequestOptions } from 'node:http'
import { request as askTls } from 'node:https'
import { socketPath } from '../../src/api/socket-name.js'

export interface Answer {
  status: number
  headers: IncomingHttpHeaders
  text: string
  /** null: it is none. */
  json: unknown
}

/** Where a request goes. */
export type Way = Pick<RequestOptions, 'host' | 'port' | 'socketPath'> & { tls?: { ca: string } }

export const overSocket = (): Way => ({ socketPath: socketPath() })
export const overTcp = (url: string): Way => ({
  host: new URL(url).hostname.replace(/[[\]]/g, ''),
  port: new URL(url).port,
})

export interface Asked {
  method?: string
  body?: unknown
  headers?: Record<string, string>
}

export function http(way: Way, path: string, { method = 'GET', body, headers = {} }: Asked = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { tls, ...to } = way
    const json = body === undefined ? {} : { 'Content-Type': 'application/json' }
    const options = { ...to, path, method, headers: { ...json, ...headers }, agent: false as const, ...tls }
    const request = (tls ? askTls : ask)(options, (response) => {
      const parts: Buffer[] = []
      response.on('data', (part) => parts.push(part))
      response.on('error', reject)
      response.on('end', () => {
        const text = Buffer.concat(parts).toString()
        resolve({ status: response.statusCode!, headers: response.headers, text, json: parsed(text) })
      })
    })
    request.on('error', reject)
    request.end(body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body))
  })
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
