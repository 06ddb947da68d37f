/**
 * The control socket: node:http on an abstract Unix socket, for root and the director's own user alone.
 *
 * Promises that no request of another user is looked at, that a body is bounded and checked before the director
 * sees it, and that each failure is answered as a FailureView. It decides nothing itself. What is no route of the command
 * lines goes to the front (front.ts), which is loaded when the first such request comes.
 */
import { createServer as createHttp, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer, type Socket } from 'node:net'
import { Failure } from '../failure/failure.js'
import type { TableName } from '../model/netfilter.js'
import type { Director } from './director.js'
import type { Front } from './front.js'
import { JsonText } from './json-text.js'
import { ANSWERS, failureOf } from './problem.js'
import type { FailureView } from './routes.js'
import { parseCommands, parseQuestion } from './schema.js'
import { socketPath } from './socket-name.js'

export interface ServerOptions {
  /** Requests that come before it is there wait for it. */
  director: Promise<Director>
  /** Answers what is no route of the command lines. */
  front: () => Promise<Front>
  /** The uid at the other end of a connected socket. */
  uidOf(fd: number): number
  /** Something that is a fault of ours, not of the request. */
  onFault(error: unknown): void
}

export interface ApiServer {
  /** Gives the name free; answers under way are still sent. */
  close(): void
  /** Resolves when it has been closed, by close() or by `down`, and the last answer is sent. */
  readonly closed: Promise<void>
}

/** A client that connected and says nothing keeps nobody longer than this. */
const LINGER_MS = 500
/** 200 000 commands of IPv6 take 75 MB. */
const BODY_MAX_BYTES = 128 << 20

/** Listens; Failure('already-running') if a director has the name. */
export function serve(options: ServerOptions): Promise<ApiServer> {
  const close = () => {
    listener.close()
    setTimeout(() => {
      for (const socket of uids.keys()) socket.destroy()
    }, LINGER_MS).unref()
  }
  /** Of open connections: a server that does not listen itself keeps none of them. */
  const uids = new Map<Socket, number>()
  const http = createHttp((request, response) => {
    const asked: Asked = { request, response, uid: uids.get(request.socket)! }
    if (Object.hasOwn(ROUTES, routeOf(request))) void answer(options, close, asked)
    else void pass(options, asked)
  })
  const listener = createServer((socket) => {
    const uid = uidOf(socket, options)
    if (uid === null) return refuse(socket)
    uids.set(socket, uid)
    socket.once('close', () => uids.delete(socket))
    http.emit('connection', socket)
  })
  const closed = new Promise<void>((resolve) => listener.once('close', resolve))
  return new Promise((resolve, reject) => {
    listener.on('error', (error: NodeJS.ErrnoException) => reject(inUse(error)))
    listener.listen(socketPath(), () => resolve({ close, closed }))
  })
}

const inUse = (error: NodeJS.ErrnoException): unknown =>
  error.code === 'EADDRINUSE'
    ? new Failure('already-running', 'a director already runs in this network namespace; `fullnat status` shows it')
    : error

/** Of who may use the director; null: of somebody else. */
function uidOf(socket: Socket, { uidOf, onFault }: ServerOptions): number | null {
  try {
    const { fd } = (socket as unknown as { _handle: { fd: number } })._handle
    const uid = uidOf(fd)
    return uid === 0 || uid === process.geteuid?.() ? uid : null
  } catch (error) {
    onFault(error)
    return null
  }
}

/** Reads on, unseen: a client whose request is cut off may not get to read the answer. */
function refuse(socket: Socket): void {
  const message = 'only root and the user who runs the director may use it'
  const content = JSON.stringify({ code: 'permission', message, facts: {} } satisfies FailureView)
  socket.on('error', () => socket.destroy())
  socket.resume()
  socket.end(
    `HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Type: application/json\r\n` +
      `Content-Length: ${Buffer.byteLength(content)}\r\n\r\n${content}`,
  )
  setTimeout(() => socket.destroy(), LINGER_MS)
}

interface Asked {
  request: IncomingMessage
  response: ServerResponse
  uid: number
}

async function answer(options: ServerOptions, close: () => void, asked: Asked): Promise<void> {
  const { request, response } = asked
  try {
    const body = await bodyOf(request)
    const director = await options.director
    send(
      response,
      200,
      await ROUTES[routeOf(request)](director, { close, body, query: urlOf(request).searchParams, asked }),
    )
  } catch (error) {
    if (request.socket.destroyed) return
    const failure = failureOf(error)
    if (failure.code === 'internal') options.onFault(error)
    send(response, ANSWERS[failure.code].status, viewOf(failure))
  }
}

async function pass({ front, onFault }: ServerOptions, { request, response, uid }: Asked): Promise<void> {
  try {
    const handle = await front()
    handle(request, response, { by: 'socket', uid })
  } catch (error) {
    const failure = failureOf(error)
    if (failure.code === 'internal') onFault(error)
    send(response, ANSWERS[failure.code].status, viewOf(failure))
  }
}

export const viewOf = ({ code, message, facts }: Failure): FailureView => ({ code, message, facts })

interface Told {
  close: () => void
  body: string
  query: URLSearchParams
  asked: Asked
}

/** Those of the command lines. */
const ROUTES: Readonly<Record<string, (director: Director, told: Told) => Promise<unknown>>> = {
  'POST /commands': (director, { body, asked }) =>
    director.commands(parseCommands(json(body)), { by: `uid:${asked.uid}`, ifRevision: null }),
  'GET /services': (director, { query }) =>
    query.get('counters') === 'false' ? director.services(false) : director.listing(),
  'GET /health': async (director) => director.health(),
  'GET /table': (director, { query }) => director.table(tableName(query.get('name')), family(query.get('family'))),
  'GET /connections': (director, { query }) => director.connections(place(query.get('from') ?? '0', 'from')),
  'GET /desired': async (director, { query }) =>
    query.has('revision') ? director.keptAt(place(query.get('revision')!, 'revision')) : director.desired(),
  'GET /kept': async (director) => director.kept(),
  'GET /alerts': async (director) => director.alerts.view(),
  'POST /alerts/test': (director) => director.alerts.test(),
  'GET /settings': (director) => director.settings(),
  'GET /daemons': (director) => director.daemons(),
  'GET /status': (director) => director.status(),
  'GET /carriers': (director) => director.carriers(),
  'POST /explain': (director, { body }) => director.explain(parseQuestion(json(body))),
  'GET /failures': (director, { query }) => director.failures(seconds(query.get('last') ?? '') * 1000),
  'POST /down': async (director, { query, close }) => {
    await director.down(query.get('forget') === 'true').finally(close)
    return {}
  },
}

const urlOf = ({ url = '' }: IncomingMessage): URL => new URL(url, 'http://fullnat')
const routeOf = (request: IncomingMessage): string => `${request.method} ${urlOf(request).pathname}`

function place(text: string, name: string): number {
  if (/^\d{1,10}$/.test(text)) return Number(text)
  throw new Failure('bad-request', `${name} is ${text}, not a number`)
}

function seconds(text: string): number {
  if (/^\d{1,6}$/.test(text)) return Number(text)
  throw new Failure('bad-request', `last is '${text}': it takes a number of seconds`)
}

function tableName(text: string | null): TableName {
  if (text === 'nat' || text === 'mangle') return text
  throw new Failure('bad-request', 'name is neither nat nor mangle')
}

function family(text: string | null): 4 | 6 {
  if (text === '4') return 4
  if (text === '6') return 6
  throw new Failure('bad-request', 'family is neither 4 nor 6')
}

function json(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new Failure('bad-request', `the body is no JSON: ${(error as Error).message}`)
  }
}

/** The length must be said beforehand; node reads no more than that. */
async function bodyOf(request: IncomingMessage): Promise<string> {
  const length = Number(request.headers['content-length'] ?? 0)
  if (request.headers['transfer-encoding'] || !(length <= BODY_MAX_BYTES)) {
    throw new Failure('bad-request', `a body has a Content-Length of at most ${BODY_MAX_BYTES}`)
  }
  const parts: Buffer[] = []
  for await (const part of request as AsyncIterable<Buffer>) parts.push(part)
  return Buffer.concat(parts).toString()
}

function send(response: ServerResponse, status: number, value: unknown): void {
  const content = Buffer.from(value instanceof JsonText ? value.text : JSON.stringify(value))
  response.writeHead(status, {
    'Content-Type': 'application/json',
    'Content-Length': content.length,
    Connection: 'close',
  })
  response.end(content)
}
