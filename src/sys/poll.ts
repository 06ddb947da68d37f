/** Readiness of a descriptor in this thread's event loop, main thread or worker alike. */
import koffi from 'koffi'

export interface Watch {
  stop(): void
}

/** Calls back whenever `fd` can be read, once per turn of the event loop, until stopped. The callback drains. */
export function watchReadable(fd: number, callback: () => void): Watch {
  const handle = koffi.node.poll(fd, { readable: true }, callback)
  return { stop: () => handle.close() }
}
