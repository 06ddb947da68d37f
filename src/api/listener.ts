/**
 * The API on TCP, if asked for: loopback, or any address with TLS.
 *
 * Promises that an address open to others is not served in the clear unless that was asked for, and that requests which
 * come before the director serves wait for it. Everything else is the front's.
 */
import * as fs from 'node:fs'
import { createServer, type Server } from 'node:http'
import { createServer as createTls, type Server as TlsServer } from 'node:https'
import { BlockList, isIPv6 } from 'node:net'
import { Failure } from '../failure/failure.js'
import type { Front } from './front.js'

/** What `fullnat up --api` and its kin say. */
export interface ApiOptions {
  address: string
  /** 0: any. */
  port: number
  /** Files, PEM; null: no TLS. */
  tls: { certificate: string; key: string } | null
  /** Others may reach it in the clear. */
  insecure: boolean
}

export interface TcpListener {
  /** As a browser takes it. */
  url: string
  close(): void
}

/** A request's head must be in by then; its body may take longer. */
const HEAD_MS = 10_000
const CONNECTIONS_MAX = 512
/** How soon a renewed certificate is taken. */
const RENEWAL_MS = 60_000

const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8, 'ipv4')
loopback.addAddress('::1', 'ipv6')
const isLoopback = (address: string): boolean => loopback.check(address, isIPv6(address) ? 'ipv6' : 'ipv4')

/** Failure('bad-request', 'address-in-use'). */
export async function listen(
  options: ApiOptions,
  front: () => Promise<Front>,
  onFault: (error: unknown) => void,
): Promise<TcpListener> {
  const { address, port, tls, insecure } = options
  if (!tls && !insecure && !isLoopback(address)) {
    const remedy = 'name --api-cert and --api-key, or say --api-insecure'
    throw new Failure('bad-request', `the API at ${address} would send tokens in the clear: ${remedy}`)
  }
  const server = tls
    ? createTls({ ...tlsFiles(tls), headersTimeout: HEAD_MS })
    : createServer({ headersTimeout: HEAD_MS })
  server.maxConnections = CONNECTIONS_MAX
  if (tls) server.on('close', renew(server as TlsServer, tls))
  server.on('request', (request, response) => {
    const peer = { by: 'tcp', address: request.socket.remoteAddress ?? '' } as const
    front().then(
      (handle) => handle(request, response, peer),
      (error) => {
        onFault(error)
        response.writeHead(503).end()
      },
    )
  })
  return new Promise((resolve, reject) => {
    server.on('error', (error: NodeJS.ErrnoException) => reject(bindFailure(error, address, port)))
    server.listen(port, address, () => resolve({ url: urlOf(server, options), close: () => close(server) }))
  })
}

function close(server: Server): void {
  server.close()
  server.closeAllConnections()
}

function urlOf(server: Server, { address, tls }: ApiOptions): string {
  const { port } = server.address() as { port: number }
  return `${tls ? 'https' : 'http'}://${isIPv6(address) ? `[${address}]` : address}:${port}/`
}

/** Follows the certificate's file; the answer ends it. One that cannot be read, or is none, leaves the old one in place. */
function renew(server: TlsServer, tls: { certificate: string; key: string }): () => void {
  const timeOf = () => fs.statSync(tls.certificate, { throwIfNoEntry: false })?.mtimeMs ?? 0
  let last = timeOf()
  const timer = setInterval(() => {
    if (timeOf() === last) return
    try {
      server.setSecureContext(tlsFiles(tls))
      last = timeOf()
    } catch {} // half written, or the key is yet to come: tried again
  }, RENEWAL_MS)
  timer.unref()
  return () => clearInterval(timer)
}

function tlsFiles({ certificate, key }: { certificate: string; key: string }) {
  const read = (file: string) => {
    try {
      return fs.readFileSync(file)
    } catch (error) {
      throw new Failure('bad-request', `cannot read ${file}: ${(error as Error).message}`)
    }
  }
  return { cert: read(certificate), key: read(key), minVersion: 'TLSv1.2' } as const
}

function bindFailure({ code, message }: NodeJS.ErrnoException, address: string, port: number): Failure {
  const where = `${address} port ${port}`
  if (code === 'EADDRINUSE')
    return new Failure('address-in-use', `another program listens at ${where}: name another one`)
  return new Failure('bad-request', `the API cannot listen at ${where}: ${message}`)
}
