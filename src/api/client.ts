/**
 * The control socket from the other side: one request on one connection, written by hand.
 *
 * A command line lives for a tenth of a second: node:http costs 12 ms of it. It promises the director's answer or a
 * Failure: 'not-running' where nobody listens, and whatever the director failed with.
 */
import { Failure } from '../failure/failure.js'
import { talk } from './exchange.js'
import type { FailureView } from './routes.js'
import { socketPath } from './socket-name.js'

/** A batch of 110 000 commands takes a few seconds; silence past this is a director that hangs. */
const SILENCE_MS = 60_000
/** A director that is being killed still has its name for a moment; a question is asked again meanwhile. */
const TRIES = 20
const TRY_MS = 50

export type Method = 'GET' | 'POST'

export async function call<T>(method: Method, path: string, body?: unknown): Promise<T> {
  const { status, content } = await ask(method, path, body === undefined ? '' : JSON.stringify(body))
  const value = JSON.parse(content)
  if (status === 200) return value as T
  const { code, message, facts } = value as FailureView
  throw new Failure(code, message, facts)
}

/** Any request, and what is answered. */
export async function ask(method: string, path: string, content: string): Promise<Answer> {
  const bytes = request(method, path, content)
  let answer = parse(await exchange(bytes))
  for (let i = 0; answer === null && method === 'GET' && i < TRIES; i++) {
    await new Promise((resolve) => setTimeout(resolve, TRY_MS))
    answer = parse(await exchange(bytes))
  }
  if (answer === null) {
    throw new Failure('internal', 'the director stopped before it answered; look again before you repeat a change')
  }
  return answer
}

export interface Answer {
  status: number
  content: string
}

/** null for an answer that was cut off, or never came. */
function parse(bytes: Buffer): Answer | null {
  const end = bytes.indexOf('\r\n\r\n')
  const head = bytes.toString('latin1', 0, Math.max(end, 0))
  const content = bytes.subarray(end + 4)
  const [, status] = /^HTTP\/1\.1 (\d+) /.exec(head) ?? []
  const [, length] = /^content-length: *(\d+)/im.exec(head) ?? []
  return content.length === Number(length) ? { status: Number(status), content: content.toString() } : null
}

function request(method: string, path: string, content: string): Buffer {
  const length = Buffer.byteLength(content)
  return Buffer.from(
    `${method} ${path} HTTP/1.1\r\nHost: fullnat\r\nConnection: close\r\nContent-Type: application/json\r\n` +
      `Content-Length: ${length}\r\n\r\n${content}`,
  )
}

/** All bytes that came back. A director that ends, or refuses without reading on, cuts the connection. */
function exchange(bytes: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = []
    const end = (code: string) => {
      clearTimeout(silence)
      if (code === '' || code === 'ECONNRESET' || code === 'EPIPE') resolve(Buffer.concat(parts))
      else reject(unreachable(code))
    }
    const part = (bytes: Buffer) => {
      parts.push(bytes)
      silence.refresh()
    }
    const silence = setTimeout(() => {
      reject(new Failure('internal', `the director has not answered for ${SILENCE_MS / 1000} s`))
      void talking.then((giveUp) => giveUp())
    }, SILENCE_MS)
    const talking = talk(socketPath(), bytes, { part, end })
    talking.catch(reject)
  })
}

const unreachable = (code: string): Failure =>
  code === 'ECONNREFUSED'
    ? new Failure('not-running', 'no director runs in this network namespace; `fullnat up` starts one')
    : new Failure('internal', `the director cannot be asked: connect ${code}`)
