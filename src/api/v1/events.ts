/**
 * /v1/events: what happens, as it happens (server-sent events), and rates once a second.
 *
 * An event has a number; whoever comes back with Last-Event-ID hears what was missed, or `gap` if some of it is no longer
 * kept. Rates have no number and are not repeated. Who does not read is cut off.
 */
import { createRoute, z } from '@hono/zod-openapi'
import { type SSEMessage, streamSSE } from 'hono/streaming'
import type { Director } from '../director.js'
import type { Told } from '../event-ring.js'
import type { RatesView } from '../routes.js'
import { type App, answers } from './route.js'
import { events, rates } from './schema/view.js'

/** Messages that wait for a listener. */
const WAITING_MAX = 2000

const route = createRoute({
  method: 'get',
  path: '/v1/events',
  summary: 'Events, and rates once a second, as server-sent events',
  request: {
    headers: z.object({ 'last-event-id': z.string().optional() }),
    query: z.object({
      from: z.coerce
        .number()
        .int()
        .min(0)
        .optional()
        .openapi({ description: 'Last-Event-ID for who cannot set it; 0: all that is kept' }),
    }),
  },
  responses: {
    200: {
      description:
        'event: change, warning, server, service, datapath (data: Event); rates (data: Rates); gap (events were missed)',
      content: { 'text/event-stream': { schema: z.union([events, rates]) } },
    },
    default: answers('', events).default,
  },
})

export function addEventRoutes(app: App, director: Director): void {
  app.openapi(route, (c) => {
    const last = c.req.header('last-event-id') ?? c.req.valid('query').from
    return streamSSE(c, async (stream) => {
      const queue = new Queue()
      const stop = director.events.listen(queue)
      stream.onAbort(() => queue.end())
      try {
        if (last !== undefined) queue.catchUp(director.events.since(Number(last)))
        for (let message = await queue.next(); message; message = await queue.next()) await stream.writeSSE(message)
      } finally {
        stop()
      }
    })
  })
}

/** What a listener has yet to be sent. */
class Queue {
  readonly #waiting: SSEMessage[] = []
  #wake: () => void = () => {}
  #ended = false

  event = ({ id, event }: Told): void => this.#put({ id: `${id}`, event: event.kind, data: JSON.stringify(event) })

  rates = (rates: RatesView): void => this.#put({ event: 'rates', data: JSON.stringify(rates) })

  catchUp({ told, whole }: { told: Told[]; whole: boolean }): void {
    if (!whole) this.#put({ event: 'gap', data: '{}' })
    for (const one of told) this.event(one)
  }

  end(): void {
    this.#ended = true
    this.#wake()
  }

  /** null after the end. */
  async next(): Promise<SSEMessage | null> {
    if (this.#waiting.length === 0 && !this.#ended) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
    return this.#ended ? null : this.#waiting.shift()!
  }

  #put(message: SSEMessage): void {
    if (this.#ended) return
    this.#waiting.push(message)
    if (this.#waiting.length > WAITING_MAX) this.#ended = true
    this.#wake()
  }
}
