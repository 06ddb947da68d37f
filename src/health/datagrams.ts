/** A connected UDP socket: it hears one server alone, and its "port unreachable". */
import type { Socket } from 'node:dgram'
import type { Evidence } from './evidence.js'

export class Datagrams {
  readonly #socket: Socket
  readonly #sent: Evidence
  readonly #waiting: Buffer[] = []
  #open = false
  #fault: Error | null = null
  #wake: () => void = () => {}

  constructor(socket: Socket, sent: Evidence, received: Evidence) {
    this.#socket = socket
    this.#sent = sent
    socket.on('error', (error) => this.fail(error))
    socket.on('message', (bytes) => {
      received.add(bytes)
      this.#waiting.push(bytes)
      this.#wake()
    })
  }

  async connect(address: string, port: number): Promise<void> {
    let isConnected = false
    this.#socket.connect(port, address, () => {
      this.#open = isConnected = true
      this.#wake()
    })
    while (!isConnected) await this.#something()
  }

  send(content: string | Buffer): void {
    const bytes = typeof content === 'string' ? Buffer.from(content, 'latin1') : content
    this.#sent.add(bytes)
    this.#socket.send(bytes, (error) => error && this.fail(error))
  }

  /** Where it was sent from: `host:port`. */
  local(): string {
    const { address, port } = this.#socket.address()
    return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`
  }

  async receive(): Promise<Buffer> {
    while (this.#waiting.length === 0) await this.#something()
    return this.#waiting.shift()!
  }

  /** True if the server refuses within this time; false if it keeps quiet or answers. */
  async refusedWithin(ms: number): Promise<boolean> {
    const timer = setTimeout(() => this.#wake(), ms)
    try {
      await this.#something()
      return false
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ECONNREFUSED') return true
      throw error
    } finally {
      clearTimeout(timer)
    }
  }

  fail(error: Error): void {
    if (this.#fault) return
    this.#fault = error
    this.#wake()
    // One that is still being connected cannot be closed before it is.
    if (this.#open) this.#socket.close()
    else this.#socket.once('connect', () => this.#socket.close())
  }

  async #something(): Promise<void> {
    if (this.#fault) throw this.#fault
    await new Promise<void>((resolve) => {
      this.#wake = resolve
    })
    if (this.#fault) throw this.#fault
  }
}
