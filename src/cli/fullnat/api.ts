/** `fullnat api [METHOD] PATH [JSON]`: one request to the REST API over the control socket, for scripts and for looking. */
import { ask } from '../../api/client.js'
import type { Terminal } from '../terminal.js'
import { UsageError } from './usage-error.js'

export interface ApiRequest {
  command: 'api'
  method: string
  path: string
  body: string
}

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']
const FAILED = 1

/** Throws UsageError. */
export function apiRequest(words: readonly string[]): ApiRequest {
  const named = METHODS.includes(words[0]?.toUpperCase())
  const [method, path = '', body = '', ...more] = named ? words : ['GET', ...words]
  const isStream = /^\/v1\/events(\?|$)/.test(path)
  if (!/^\/\S*$/.test(path) || more.length > 0 || isStream)
    throw new UsageError(
      'api takes [METHOD] PATH [JSON], such as PATCH /v1/timeouts \'{"udp":30}\'; /v1/events never ends',
    )
  return { command: 'api', method: method.toUpperCase(), path, body }
}

/** What is answered, on standard output; a problem, on standard error. */
export async function api({ method, path, body }: ApiRequest, io: Terminal): Promise<number> {
  const { status, content } = await ask(method, path, body)
  const text = content.endsWith('\n') ? content : `${content}\n`
  if (status === 200) io.out(text)
  else io.err(text)
  return status === 200 ? 0 : FAILED
}
