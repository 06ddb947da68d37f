/**
 * The dashboard's files, as the build left them in dist/web: a page without a secret, served to whoever asks.
 *
 * Promises that nothing outside that folder is served, and that the page runs no script and reaches no host but this one.
 */
import { createHash } from 'node:crypto'
import * as fs from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'

const FOLDER = fileURLToPath(new URL('../../web', import.meta.url))
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
}
const ALWAYS = {
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
}

interface Page {
  plain: Buffer
  packed: Buffer
  headers: Record<string, string>
}

export class Pages {
  readonly #pages = new Map<string, Page>()

  constructor() {
    if (!fs.existsSync(FOLDER)) return
    for (const entry of fs.readdirSync(FOLDER, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile() || !(extname(entry.name) in TYPES)) continue
      const file = join(entry.parentPath, entry.name)
      const path = file.slice(FOLDER.length)
      this.#pages.set(path === '/index.html' ? '/' : path, read(file))
    }
  }

  /** False: it is no page. */
  serve(request: IncomingMessage, response: ServerResponse): boolean {
    const page = this.#pages.get((request.url ?? '').split('?')[0])
    if (!page || (request.method !== 'GET' && request.method !== 'HEAD')) return false
    if (request.headers['if-none-match'] === page.headers.ETag) {
      response.writeHead(304, page.headers).end()
      return true
    }
    const isPacked = /\bgzip\b/.test(request.headers['accept-encoding'] ?? '')
    const body = isPacked ? page.packed : page.plain
    response.writeHead(200, {
      ...page.headers,
      ...(isPacked && { 'Content-Encoding': 'gzip' }),
      'Content-Length': body.length,
    })
    response.end(request.method === 'HEAD' ? undefined : body)
    return true
  }
}

function read(file: string): Page {
  const plain = fs.readFileSync(file)
  const headers = {
    ...ALWAYS,
    'Content-Type': TYPES[extname(file)],
    'Cache-Control': 'no-cache',
    Vary: 'Accept-Encoding',
    ETag: `"${createHash('sha256').update(plain).digest('hex').slice(0, 16)}"`,
  }
  return { plain, packed: gzipSync(plain), headers }
}
