/** Echo requests to one server and what comes back: bytes in, bytes out. The socket is the daemon's (raw sockets are). */
import type { Evidence } from './evidence.js'

/** Begins to hear echo replies; `heard` gets the data of each, whoever sent it. Throws what the system says. */
export type OpenEcho = (address: string, heard: (data: Buffer) => void) => EchoSocket

export interface EchoSocket {
  send(data: Buffer): void
  close(): void
}

export class Echo {
  readonly #socket: EchoSocket
  readonly #sent: Evidence
  readonly #waiting: Buffer[] = []
  #fault: Error | null = null
  #wake: () => void = () => {}

  constructor(open: OpenEcho, address: string, sent: Evidence, received: Evidence) {
    this.#sent = sent
    this.#socket = open(address, (data) => {
      if (this.#waiting.length === 0) received.add(data)
      this.#waiting.push(data)
      this.#wake()
    })
  }

  send(data: Buffer): void {
    this.#sent.add(data)
    this.#socket.send(data)
  }

  async receive(): Promise<Buffer> {
    while (this.#waiting.length === 0) {
      if (this.#fault) throw this.#fault
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
    return this.#waiting.shift()!
  }

  fail(error: Error): void {
    if (this.#fault) return
    this.#fault = error
    this.#socket.close()
    this.#wake()
  }
}
