/**
 * One check's talk with one server: sockets, a deadline, and the evidence of what went to and fro.
 *
 * A checker awaits only what an exchange gives it: so the deadline ends every check, and none leaks a socket.
 */
import { createSocket } from 'node:dgram'
import { connect } from 'node:net'
import { type ConnectionOptions, connect as connectTls } from 'node:tls'
import { Datagrams } from './datagrams.js'
import { Echo, type OpenEcho } from './echo.js'
import { Evidence } from './evidence.js'
import { Stream } from './stream.js'

/** Whom a check asks, and on whose behalf. */
export interface Target {
  destinationId: number
  address: string
  port: number
  /** Of the service; '' and 0 of a mark. */
  virtualAddress: string
  virtualPort: number
}

export class Exchange {
  readonly target: Target
  readonly sent = new Evidence()
  readonly received = new Evidence()
  readonly #ends: ((error: Error) => void)[] = []
  readonly #openEcho: OpenEcho
  #ended: Error | null = null

  constructor(target: Target, openEcho: OpenEcho) {
    this.target = target
    this.#openEcho = openEcho
  }

  /** A connection to the server. */
  async stream(): Promise<Stream> {
    const { address, port } = this.target
    const stream = new Stream(connect({ host: address, port, noDelay: true }), this.sent, this.received)
    this.onEnd((error) => stream.fail(error))
    await stream.opened('connect')
    return stream
  }

  /** The same connection within TLS; the evidence is of what TLS carries. */
  async secured(plain: Stream, options: ConnectionOptions): Promise<Stream> {
    const stream = new Stream(connectTls({ ...options, socket: plain.release() }), this.sent, this.received)
    this.onEnd((error) => stream.fail(error))
    await stream.opened('secureConnect')
    return stream
  }

  /** A socket that hears the server alone. */
  async datagrams(): Promise<Datagrams> {
    const { address, port } = this.target
    const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4')
    const datagrams = new Datagrams(socket, this.sent, this.received)
    this.onEnd((error) => datagrams.fail(error))
    await datagrams.connect(address, port)
    return datagrams
  }

  /** Echo requests to the server. */
  echo(): Echo {
    const echo = new Echo(this.#openEcho, this.target.address, this.sent, this.received)
    this.onEnd((error) => echo.fail(error))
    return echo
  }

  /** Called once, when the check ends: what it still awaits is to fail with this. */
  onEnd(end: (error: Error) => void): void {
    if (this.#ended) end(this.#ended)
    else this.#ends.push(end)
  }

  /** At the deadline, or when the verdict is there. */
  end(error: Error): void {
    this.#ended ??= error
    for (const end of this.#ends.splice(0)) end(error)
  }
}
