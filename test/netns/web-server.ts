/**
 * A web server that knows nothing of any balancer: `node web-server.js NAME PORT`, IPv4 and IPv6.
 *
 *   GET /               its name
 *   GET /bytes/N        N bytes
 *   GET /slow/SECONDS   64 KiB every 50 ms for that long
 *   PUT /anything       how many bytes came
 *
 * Standard output is its access log in the common log format. Standard error begins with `listening`.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'

const [name, port] = process.argv.slice(2)
const BLOCK = Buffer.alloc(65_536, 'fullnat ')
const MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ')

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const [, what, amount] = request.url!.split('/')
  let received = 0
  for await (const part of request) received += (part as Buffer).length
  if (what === 'bytes') return send(response, Number(amount))
  if (what === 'slow') return sendSlowly(response, Number(amount))
  const text = request.method === 'PUT' ? `${name} received ${received}\n` : `${name}\n`
  response.setHeader('content-length', text.length)
  response.end(text)
}

async function send(response: ServerResponse, bytes: number): Promise<void> {
  response.setHeader('content-length', bytes)
  for (let sent = 0; sent < bytes; sent += BLOCK.length) {
    if (!response.write(BLOCK.subarray(0, bytes - sent))) await new Promise((done) => response.once('drain', done))
  }
  response.end()
}

async function sendSlowly(response: ServerResponse, seconds: number): Promise<void> {
  const blocks = seconds * 20
  response.setHeader('content-length', blocks * BLOCK.length)
  for (let sent = 0; sent < blocks; sent++) {
    response.write(BLOCK)
    await sleep(50)
  }
  response.end()
}

function log(address: string, request: IncomingMessage, response: ServerResponse): void {
  const now = new Date()
  const two = (value: number) => String(value).padStart(2, '0')
  const day = `${two(now.getUTCDate())}/${MONTHS[now.getUTCMonth()]}/${now.getUTCFullYear()}`
  const time = `${two(now.getUTCHours())}:${two(now.getUTCMinutes())}:${two(now.getUTCSeconds())} +0000`
  const line = `${request.method} ${request.url} HTTP/${request.httpVersion}`
  console.log(
    `${address} - - [${day}:${time}] "${line}" ${response.statusCode} ${response.getHeader('content-length')}`,
  )
}

createServer((request, response) => {
  const address = request.socket.remoteAddress!.replace('::ffff:', '')
  response.once('finish', () => log(address, request, response))
  answer(request, response).catch(console.error)
}).listen(Number(port), '::', () => console.error('listening'))
