/**
 * The control socket: node:http on an abstract Unix socket, for root and the director's own user alone.
 *
 * Promises that no request of another user is looked at, that a body is bounded and checked before the director
 * sees it, and that each failure is answered as a FailureView. It decides nothing itself.
 */
import { createServer as createHttp, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer, type Socket } from 'node:net'
import type { Command } from '../commands/command.js'
import { Failure, type FailureCode } from '../failure/failure.js'
import type { TableName } from '../model/netfilter.js'
import type {
  CommandResult,
  ConnectionsView,
  DaemonsView,
  FailureView,
  ServicesView,
  SettingsView,
  StatusView,
  TableView,
} from './routes.js'
import { parseCommands } from './schema.js'
import { socketPath } from './socket-name.js'

/** What stands behind the socket. */
export interface Director {
  commands(list: Command[]): Promise<CommandResult[]>
  services(counters: boolean): Promise<ServicesView>
  table(name: TableName, family: 4 | 6): Promise<TableView>
  connections(): Promise<ConnectionsView>
  settings(): Promise<SettingsView>
  daemons(): Promise<DaemonsView>
  status(): Promise<StatusView>
  /** Gives the host back; `forget` also deletes the saved state. */
  down(forget: boolean): Promise<void>
}

export interface ServerOptions {
  /** Requests that come before it is there wait for it. */
  director: Promise<Director>
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

const STATUS: Partial<Record<FailureCode, number>> = {
  permission: 403,
  'service-missing': 404,
  'service-undefined': 404,
  'destination-missing': 404,
  'chain-missing': 404,
  'rule-missing': 404,
  'daemon-missing': 404,
  'interface-missing': 404,
  'service-exists': 409,
  'daemon-exists': 409,
  'destination-exists': 409,
  'chain-exists': 409,
  'chain-busy': 409,
  'chain-not-empty': 409,
  'already-running': 409,
  'state-unreadable': 500,
  internal: 500,
  'not-running': 503,
  'no-tun': 503,
  'no-libbpf': 503,
}
/** The request itself is wrong. */
const OTHERWISE = 400

/** Listens; Failure('already-running') if a director has the name. */
export function serve(options: ServerOptions): Promise<ApiServer> {
  const close = () => {
    listener.close()
    setTimeout(() => http.closeAllConnections(), LINGER_MS).unref()
  }
  const http = createHttp((request, response) => void answer(options, close, request, response))
  const listener = createServer((socket) => {
    if (isAllowed(socket, options)) http.emit('connection', socket)
    else refuse(socket)
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

function isAllowed(socket: Socket, { uidOf, onFault }: ServerOptions): boolean {
  try {
    const { fd } = (socket as unknown as { _handle: { fd: number } })._handle
    const uid = uidOf(fd)
    return uid === 0 || uid === process.geteuid?.()
  } catch (error) {
    onFault(error)
    return false
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

async function answer(
  options: ServerOptions,
  close: () => void,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    const body = await bodyOf(request)
    send(response, 200, await route(await options.director, close, request, body))
  } catch (error) {
    if (request.socket.destroyed) return
    if (!(error instanceof Failure) || error.code === 'internal') options.onFault(error)
    const failure = error instanceof Failure ? error : new Failure('internal', `internal error: ${error}`)
    send(response, STATUS[failure.code] ?? OTHERWISE, viewOf(failure))
  }
}

export const viewOf = ({ code, message, facts }: Failure): FailureView => ({ code, message, facts })

async function route(director: Director, close: () => void, request: IncomingMessage, body: string): Promise<unknown> {
  const url = new URL(request.url ?? '', 'http://fullnat')
  switch (`${request.method} ${url.pathname}`) {
    case 'POST /commands':
      return director.commands(parseCommands(json(body)))
    case 'GET /services':
      return director.services(url.searchParams.get('counters') !== 'false')
    case 'GET /table':
      return director.table(tableName(url.searchParams.get('name')), family(url.searchParams.get('family')))
    case 'GET /connections':
      return director.connections()
    case 'GET /settings':
      return director.settings()
    case 'GET /daemons':
      return director.daemons()
    case 'GET /status':
      return director.status()
    case 'POST /down':
      await director.down(url.searchParams.get('forget') === 'true').finally(close)
      return {}
    default:
      throw new Failure('bad-request', `${request.method} ${url.pathname} is no route of the director`)
  }
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
  const content = Buffer.from(JSON.stringify(value))
  response.writeHead(status, {
    'Content-Type': 'application/json',
    'Content-Length': content.length,
    Connection: 'close',
  })
  response.end(content)
}
