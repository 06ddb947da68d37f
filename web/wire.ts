/**
 * The director as the page reaches it: JSON with a token, and the event stream.
 *
 * EventSource cannot send a token, so the stream is read from fetch, by the same rules (Last-Event-ID, reconnect).
 */
import type { Problem } from '../src/api/problem.js'

const TOKEN = 'fullnat-token'

export class Refused extends Error {
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

export const token = (): string => sessionStorage.getItem(TOKEN) ?? ''

export function setToken(text: string): void {
  if (text === '') sessionStorage.removeItem(TOKEN)
  else sessionStorage.setItem(TOKEN, text)
}

const authorized = (): Record<string, string> => (token() === '' ? {} : { Authorization: `Bearer ${token()}` })

/** Throws Refused with what the director says. */
export async function call<T>(method: string, path: string, body?: unknown): Promise<T> {
  const json: Record<string, string> = body === undefined ? {} : { 'Content-Type': 'application/json' }
  const content = body === undefined ? {} : { body: JSON.stringify(body) }
  const response = await fetch(path, { method, headers: { ...authorized(), ...json }, ...content })
  const value: unknown = await response.json()
  if (response.ok) return value as T
  throw new Refused(response.status, (value as Problem).detail)
}

export const get = <T>(path: string): Promise<T> => call('GET', path)

export interface Message {
  event: string
  data: string
}

export interface StreamListener {
  message(message: Message): void
  /** false: the stream is lost, and is tried again. */
  live(isLive: boolean): void
  /** The token is not (or no longer) known. */
  refused(): void
}

const RETRY_MS = 1000
const RETRY_MAX_MS = 10_000

/** Follows the stream for as long as the page lives, or until the token is refused. */
export async function follow(listener: StreamListener): Promise<void> {
  let last = ''
  const hear = ({ id, ...message }: Message & { id: string }) => {
    last = id || last
    listener.message(message)
  }
  for (let waitMs = RETRY_MS; ; waitMs = Math.min(waitMs * 2, RETRY_MAX_MS)) {
    try {
      const again: Record<string, string> = last === '' ? {} : { 'Last-Event-ID': last }
      const response = await fetch(`/v1/events${last === '' ? '?from=0' : ''}`, {
        headers: { ...authorized(), ...again },
      })
      if (response.status === 401) return listener.refused()
      if (!response.ok || !response.body) throw new Refused(response.status, 'no stream')
      listener.live(true)
      waitMs = RETRY_MS
      await read(response.body, hear)
    } catch {
      // tried again below
    }
    listener.live(false)
    await new Promise((resolve) => setTimeout(resolve, waitMs))
  }
}

async function read(
  body: ReadableStream<Uint8Array>,
  hear: (message: Message & { id: string }) => void,
): Promise<void> {
  const reader = body.pipeThrough(new TextDecoderStream() as never).getReader() as ReadableStreamDefaultReader<string>
  let rest = ''
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return
    const blocks = (rest + value).split('\n\n')
    rest = blocks.pop() ?? ''
    for (const block of blocks) hear(parse(block))
  }
}

function parse(block: string): Message & { id: string } {
  const field = (name: string) => new RegExp(`^${name}: ?(.*)$`, 'm').exec(block)?.[1] ?? ''
  return { id: field('id'), event: field('event'), data: field('data') }
}
