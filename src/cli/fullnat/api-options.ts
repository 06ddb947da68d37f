/** `--api ADDRESS:PORT` of `fullnat up`, and what goes with it. */
import { resolve } from 'node:path'
import type { ApiOptions } from '../../api/listener.js'
import { parseEndpoint } from '../../model/name.js'
import { UsageError } from './usage-error.js'

export const API_OPTIONS = {
  api: { type: 'string' },
  'api-cert': { type: 'string' },
  'api-key': { type: 'string' },
  'api-insecure': { type: 'boolean' },
} as const

interface Given {
  api?: string | undefined
  'api-cert'?: string | undefined
  'api-key'?: string | undefined
  'api-insecure'?: boolean | undefined
}

/** null: not asked for. Throws UsageError. */
export function apiOptions(given: Given): ApiOptions | null {
  const { api, 'api-cert': certificate, 'api-key': key, 'api-insecure': insecure = false } = given
  if ((certificate === undefined) !== (key === undefined)) throw new UsageError('--api-cert and --api-key go together')
  if (api === undefined) {
    if (certificate !== undefined || insecure)
      throw new UsageError('--api-cert, --api-key, --api-insecure go with --api')
    return null
  }
  const endpoint = parseEndpoint(api)
  if (endpoint === null)
    throw new UsageError(`--api takes ADDRESS:PORT such as 127.0.0.1:8080 or [::1]:8080, not '${api}'`)
  return {
    ...endpoint,
    tls: certificate && key ? { certificate: resolve(certificate), key: resolve(key) } : null,
    insecure,
  }
}

/** The same as words again, for a director in the background. */
export function apiWords(api: ApiOptions | null): string[] {
  if (api === null) return []
  const { address, port, tls, insecure } = api
  const at = address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`
  const files = tls ? ['--api-cert', tls.certificate, '--api-key', tls.key] : []
  return ['--api', at, ...files, ...(insecure ? ['--api-insecure'] : [])]
}
