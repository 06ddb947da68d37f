/**
 * One request over a Unix socket and all that comes back, on the handles below node:net: loading that module and its
 * streams costs a command 6 ms of processor time, a fifth of node's own start.
 *
 * The handles are reached by process.binding, which node's documents call deprecated (DEP0111). Where it is gone, or
 * changed, node:net does the same. Neither knows what the bytes mean.
 */
import { getSystemErrorName } from 'node:util'

export interface Listener {
  part(bytes: Buffer): void
  /** Once, last. '' where the other side has ended, else the error's code ('ECONNREFUSED'). */
  end(code: string): void
}

/** Sends `bytes`, listens; the function that comes back gives up. */
export type Talk = (path: string, bytes: Buffer, listener: Listener) => () => void

interface Handle {
  connect(request: object, path: string): number | undefined
  onread: (bytes: ArrayBuffer | undefined) => void
  readStart(): void
  writeBuffer(request: object, bytes: Buffer): number
  close(): void
}

/** What is used of node's pipe_wrap and stream_wrap. */
interface Handles {
  Pipe: new (type: number) => Handle
  PipeConnectWrap: new () => object
  WriteWrap: new () => object
  constants: { SOCKET: number }
  /** Facts of the last read, at the indices below. */
  streamBaseState: Int32Array
  kReadBytesOrError: number
  kArrayBufferOffset: number
}

const UV_EOF = -4095

/** By the cheapest means this node has. */
export async function talk(path: string, bytes: Buffer, listener: Listener): Promise<() => void> {
  const handles = nodeHandles()
  return (handles ? byHandle(handles) : await byNet())(path, bytes, listener)
}

/** null: this node has them not, or otherwise. */
export function nodeHandles(): Handles | null {
  const { binding } = process as unknown as { binding?(name: string): Partial<Handles> }
  try {
    const found = { ...binding!('pipe_wrap'), ...binding!('stream_wrap') }
    return isWhole(found) ? found : null
  } catch {
    return null
  }
}

const isWhole = (found: Partial<Handles>): found is Handles =>
  [found.Pipe?.prototype.connect, found.Pipe?.prototype.writeBuffer, found.PipeConnectWrap, found.WriteWrap].every(
    (each) => typeof each === 'function',
  ) &&
  [found.constants?.SOCKET, found.kReadBytesOrError, found.kArrayBufferOffset].every(Number.isInteger) &&
  found.streamBaseState instanceof Int32Array

export const byHandle =
  (handles: Handles): Talk =>
  (path, bytes, listener) => {
    const handle = new handles.Pipe(handles.constants.SOCKET)
    const end = (status: number) => {
      handle.close()
      listener.end(status === UV_EOF ? '' : getSystemErrorName(status))
    }
    handle.onread = (buffer) => {
      const count = handles.streamBaseState[handles.kReadBytesOrError]
      if (count > 0) listener.part(Buffer.from(buffer!, handles.streamBaseState[handles.kArrayBufferOffset], count))
      else if (count < 0) end(count)
    }
    const oncomplete = (status: number) => {
      if (status < 0) return end(status)
      handle.readStart()
      // Its outcome is not asked for: what is read says whether the other side has gone. `bytes` must live until then.
      handle.writeBuffer(Object.assign(new handles.WriteWrap(), { oncomplete: () => {}, bytes }), bytes)
    }
    const refused = handle.connect(Object.assign(new handles.PipeConnectWrap(), { oncomplete }), path)
    if (refused) end(refused)
    return () => handle.close()
  }

export async function byNet(): Promise<Talk> {
  const { connect } = await import('node:net')
  return (path, bytes, listener) => {
    const socket = connect(path)
    socket.on('data', (part) => listener.part(part))
    socket.on('end', () => listener.end(''))
    socket.on('error', (error: NodeJS.ErrnoException) => listener.end(error.code ?? error.message))
    socket.write(bytes)
    return () => socket.destroy()
  }
}
