/** A TCP or TLS connection, read as a protocol needs it: by lines, by counts, up to a pattern, to its end. */
import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import { Bad } from './bad.js'
import type { Evidence } from './evidence.js'

const LINE_MAX = 8192
/** What is read of one answer at most; more is no answer to a check. */
export const ANSWER_MAX = 256 << 10
/** How long a server may take to close a connection that was brought to its end. */
const FAREWELL_MS = 1000

export class Stream {
  readonly #socket: Socket
  readonly #sent: Evidence
  readonly #received: Evidence
  #bytes: Buffer = Buffer.alloc(0)
  /** The server has closed. */
  #closed = false
  #left = false
  #fault: Error | null = null
  #wake: () => void = () => {}

  constructor(socket: Socket, sent: Evidence, received: Evidence) {
    this.#socket = socket
    this.#sent = sent
    this.#received = received
    socket.on('error', (error) => this.fail(error))
  }

  /** Resolves at the socket's `event`; from then on it is read. */
  async opened(event: 'connect' | 'secureConnect'): Promise<void> {
    let isOpen = false
    this.#socket.once(event, () => {
      isOpen = true
      this.#wake()
    })
    while (!isOpen) await this.#something()
    this.#socket.on('data', this.#take)
    this.#socket.once('end', this.#end)
  }

  readonly #take = (bytes: Buffer): void => {
    this.#received.add(bytes)
    this.#bytes = this.#bytes.length === 0 ? bytes : Buffer.concat([this.#bytes, bytes])
    if (this.#bytes.length > ANSWER_MAX) this.fail(new Bad(`an answer of more than ${ANSWER_MAX} bytes`))
    this.#wake()
  }

  readonly #end = (): void => {
    this.#closed = true
    this.#wake()
  }

  get socket(): Socket {
    return this.#socket
  }

  /** `shown` stands for it in the evidence: nobody is to read a secret there. */
  write(content: string | Buffer, shown: string | Buffer = content): void {
    this.#sent.add(typeof shown === 'string' ? Buffer.from(shown, 'latin1') : shown)
    this.#socket.write(typeof content === 'string' ? Buffer.from(content, 'latin1') : content)
  }

  /** One line without its end. */
  async line(): Promise<string> {
    for (;;) {
      const at = this.#bytes.indexOf(10)
      if (at >= 0)
        return this.#cut(at + 1)
          .toString('latin1')
          .replace(/\r?\n$/, '')
      if (this.#bytes.length > LINE_MAX) throw new Bad(`a line of more than ${LINE_MAX} bytes`)
      await this.#more()
    }
  }

  async take(count: number): Promise<Buffer> {
    while (this.#bytes.length < count) await this.#more()
    return this.#cut(count)
  }

  /** Everything until `isThere` says it is there; false if the server closes first. What was read stays. */
  async holds(isThere: (bytes: Buffer) => boolean): Promise<boolean> {
    while (!isThere(this.#bytes)) {
      if (this.#closed) return false
      await this.#something()
    }
    return true
  }

  async rest(): Promise<Buffer> {
    while (!this.#closed) await this.#something()
    return this.#cut(this.#bytes.length)
  }

  /** Ends it in good order; the server is given time to close first, so that TIME_WAIT is on its side. */
  leave(goodbye: string | Buffer = ''): void {
    if (goodbye.length > 0) this.write(goodbye)
    this.#left = true
    if (this.#closed) this.#socket.destroy()
    const timer = setTimeout(() => this.#socket.destroy(), FAREWELL_MS)
    this.#socket.removeListener('data', this.#take)
    this.#socket.once('close', () => clearTimeout(timer))
    this.#socket.once('end', () => this.#socket.destroy())
    this.#socket.resume()
  }

  /** Hands the socket over to TLS. */
  release(): Socket {
    this.#left = true
    this.#socket.removeListener('data', this.#take)
    this.#socket.removeListener('end', this.#end)
    return this.#socket
  }

  /** Whoever waits fails with `error`; a connection that was not left is reset, and leaves no TIME_WAIT. */
  fail(error: Error): void {
    this.#fault ??= error
    this.#wake()
    if (this.#left) return
    // Node resets no connection within TLS; of one that both sides have closed it tries, fails, and keeps the handle.
    if (this.#socket instanceof TLSSocket || this.#closed) this.#socket.destroy()
    else this.#socket.resetAndDestroy()
  }

  #cut(count: number): Buffer {
    const part = this.#bytes.subarray(0, count)
    this.#bytes = this.#bytes.subarray(count)
    return part
  }

  async #more(): Promise<void> {
    if (this.#closed) throw new Bad('the server closed the connection')
    await this.#something()
  }

  /** The next thing that happens. */
  async #something(): Promise<void> {
    if (this.#fault) throw this.#fault
    await new Promise<void>((resolve) => {
      this.#wake = resolve
    })
    if (this.#fault) throw this.#fault
  }
}
