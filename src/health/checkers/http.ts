/** HTTP: one request of HTTP/1.1, and its answer's status and body (RFC 9112). */
import type { HttpProbe, HttpsProbe, StatusSpan } from '../../model/check.js'
import { Bad } from '../bad.js'
import type { Checker } from '../checker.js'
import { ANSWER_MAX, type Stream } from '../stream.js'

const HEADERS_MAX = 100

type Request = Omit<HttpProbe, 'kind'> | Omit<HttpsProbe, 'kind'>

export const http: Checker<'http'> = async (probe, exchange) => {
  const { address, port } = exchange.target
  await converse(await exchange.stream(), probe, authority(address, port, 80))
  return 1
}

/** `host`, or what stands for it when none is given. */
export async function converse(stream: Stream, probe: Request, fallback: string): Promise<void> {
  const { method, path, host, statuses, body } = probe
  stream.write(
    `${method} ${path} HTTP/1.1\r\nHost: ${host || fallback}\r\nUser-Agent: fullnat\r\nAccept: */*\r\n${method === 'POST' ? 'Content-Length: 0\r\n' : ''}Connection: close\r\n\r\n`,
  )
  const status = await statusOf(stream)
  if (!isAmong(status, statuses)) throw new Bad(`HTTP status ${status}, not ${spansText(statuses)}`)
  if (body !== '') {
    const text = (await bodyOf(stream, await headersOf(stream))).toString('latin1')
    if (!new RegExp(body).test(text)) throw new Bad(`the body does not match /${body}/`)
  }
  stream.leave()
}

/** Interim answers (1xx) are passed over. */
async function statusOf(stream: Stream): Promise<number> {
  for (;;) {
    const line = await stream.line()
    const found = /^HTTP\/1\.[01] (\d{3})(?: |$)/.exec(line)
    if (!found) throw new Bad(`no HTTP status line but '${line.slice(0, 60)}'`)
    const status = Number(found[1])
    if (status >= 200) return status
    await headersOf(stream)
  }
}

async function headersOf(stream: Stream): Promise<Map<string, string>> {
  const headers = new Map<string, string>()
  for (let i = 0; i < HEADERS_MAX; i++) {
    const line = await stream.line()
    if (line === '') return headers
    const colon = line.indexOf(':')
    headers.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim())
  }
  throw new Bad(`more than ${HEADERS_MAX} header lines`)
}

async function bodyOf(stream: Stream, headers: ReadonlyMap<string, string>): Promise<Buffer> {
  if (/chunked/i.test(headers.get('transfer-encoding') ?? '')) return chunks(stream)
  const length = headers.get('content-length')
  if (length === undefined) return stream.rest()
  if (!/^\d+$/.test(length) || Number(length) > ANSWER_MAX) throw new Bad(`a body of ${length} bytes`)
  return stream.take(Number(length))
}

async function chunks(stream: Stream): Promise<Buffer> {
  const parts: Buffer[] = []
  for (let total = 0; total <= ANSWER_MAX; ) {
    const line = await stream.line()
    const size = /^[0-9a-f]{1,6}/i.exec(line)
    if (!size) throw new Bad(`no length of a chunk but '${line.slice(0, 60)}'`)
    const length = Number.parseInt(size[0], 16)
    if (length === 0) return Buffer.concat(parts)
    parts.push(Buffer.from(await stream.take(length)))
    await stream.line()
    total += length
  }
  throw new Bad(`a body of more than ${ANSWER_MAX} bytes`)
}

/** For the Host header: an IPv6 address stands in brackets, the usual port goes unsaid. */
export function authority(address: string, port: number, usual: number): string {
  const host = address.includes(':') ? `[${address}]` : address
  return port === usual ? host : `${host}:${port}`
}

export const isAmong = (status: number, spans: readonly StatusSpan[]): boolean =>
  spans.some(({ from, to }) => status >= from && status <= to)

export const spansText = (spans: readonly StatusSpan[]): string =>
  spans.map(({ from, to }) => (from === to ? `${from}` : `${from}-${to}`)).join(' or ')
