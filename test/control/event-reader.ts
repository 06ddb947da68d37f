/** Reads server-sent events as they come. */
import { type ClientRequest, request } from 'node:http'
import { socketPath } from '../../src/api/socket-name.js'

export interface Message {
  id: string
  event: string
  data: never
}

export class EventReader {
  readonly #request: ClientRequest
  readonly #messages: Message[] = []
  #rest = ''
  #wake: () => void = () => {}

  constructor(path: string, headers: Record<string, string> = {}) {
    this.#request = request({ socketPath: socketPath(), path, headers, agent: false }, (response) => {
      response.setEncoding('utf8').on('data', (text) => this.#take(text))
      response.on('error', () => {})
    })
    this.#request.on('error', () => {})
    this.#request.end()
  }

  /** The next one of these kinds; waits for it. */
  async next(...kinds: string[]): Promise<Message> {
    for (;;) {
      const message = this.#messages.shift()
      if (message === undefined) {
        await new Promise<void>((resolve) => {
          this.#wake = resolve
        })
      } else if (kinds.includes(message.event)) return message
    }
  }

  close(): void {
    this.#request.destroy()
  }

  #take(text: string): void {
    const blocks = (this.#rest + text).split('\n\n')
    this.#rest = blocks.pop()!
    for (const block of blocks) {
      const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1] ?? ''
      this.#messages.push({ id: field('id'), event: field('event'), data: JSON.parse(field('data')) as never })
    }
    this.#wake()
  }
}
