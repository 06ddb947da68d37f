/** Readiness of a descriptor in this thread's event loop, main thread or worker alike. */
import koffi from 'koffi'

export interface Watch {
  stop(): void
}

/**
 * Calls back with 0 whenever `fd` can be read, once per turn of the event loop, until stopped; the callback drains. A
 * negative errno says that the descriptor itself is broken, and is the last call. What the callback throws is thrown
 * from the event loop: out of koffi's own call it would abort the process, as would a thread that ends with a watch open.
 */
export function watchReadable(fd: number, callback: (status: number) => void): Watch {
  const called = (status: unknown): void => {
    try {
      callback(status as number)
    } catch (error) {
      handle.close()
      setImmediate(() => {
        throw error
      })
    }
  }
  const handle = koffi.node.poll(fd, { readable: true }, called)
  return { stop: () => handle.close() }
}
