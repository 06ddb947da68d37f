/**
 * A director, put together: the control socket first, since its name is the lock, then the saved state, then the
 * data path. Requests that come early wait. What fails on the way takes back what was done before it.
 */
import { type ApiServer, type Director, serve } from '../api/server.js'
import type { DataPlane } from '../engine/data-plane.js'
import type { Log } from '../log/log.js'
import type { Store } from '../store/store.js'
import { RunningDirector } from './director.js'
import type { Host } from './host.js'

export interface Carrier {
  plane: DataPlane
  host: Host
}

export interface Assembly {
  log: Log
  version: string
  /** The uid at the other end of a connected socket. */
  uidOf(fd: number): number
  /** Both are called once the lock is held. */
  openStore(): Store
  /** Takes hold of the host. */
  openCarrier(): Promise<Carrier>
}

export interface Running {
  director: RunningDirector
  api: ApiServer
}

/** Resolves when traffic is served; Failure otherwise ('already-running', 'permission', 'no-tun' ...). */
export async function assemble(assembly: Assembly): Promise<Running> {
  const { promise, resolve, reject } = deferred<Director>()
  const onFault = (error: unknown) => assembly.log.error('a fault of fullnat itself while answering', error)
  const api = await serve({ director: promise, uidOf: assembly.uidOf, onFault })
  try {
    const director = await startDirector(assembly)
    resolve(director)
    return { director, api }
  } catch (error) {
    reject(error)
    api.close()
    await api.closed // those who waited are told
    throw error
  }
}

async function startDirector({ log, version, openStore, openCarrier }: Assembly): Promise<RunningDirector> {
  const store = openStore()
  const { plane, host } = await openCarrier()
  const director = new RunningDirector({ store, plane, host, log, version })
  try {
    await director.start()
    return director
  } catch (error) {
    await director.down(false)
    throw error
  }
}

function deferred<T>() {
  let resolve!: (value: T) => void
  let reject!: (error: unknown) => void
  const promise = new Promise<T>((yes, no) => {
    resolve = yes
    reject = no
  })
  promise.catch(() => {})
  return { promise, resolve, reject }
}
