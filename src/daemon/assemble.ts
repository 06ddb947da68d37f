/**
 * A director, put together: the control socket first, since its name is the lock, then the saved state, then the
 * data path. Requests that come early wait. What fails on the way takes back what was done before it.
 */
import { Access } from '../api/access.js'
import type { Director } from '../api/director.js'
import type { Front } from '../api/front.js'
import { type ApiOptions, listen, type TcpListener } from '../api/listener.js'
import { type ApiServer, serve } from '../api/server.js'
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
  /** null: the API is served on the control socket alone. */
  api: ApiOptions | null
  /** Where tokens are kept. */
  folder: string
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
  const front = lateFront(assembly, promise, onFault)
  const api = await serve({ director: promise, front, uidOf: assembly.uidOf, onFault })
  let tcp: TcpListener | null = null
  try {
    tcp = assembly.api && (await listen(assembly.api, front, onFault))
    void api.closed.then(() => tcp?.close())
    const director = await startDirector(assembly, tcp?.url ?? '')
    resolve(director)
    return { director, api }
  } catch (error) {
    reject(error)
    api.close()
    await api.closed // those who waited are told
    throw error
  }
}

/** Made when it is first asked for. */
function lateFront(
  { log, version, folder }: Assembly,
  director: Promise<Director>,
  onFault: (error: unknown) => void,
): () => Promise<Front> {
  const onRefused = (address: string) => log.warn('an unknown token was refused', { address })
  const access = new Access(() => folder, onRefused)
  let front: Promise<Front> | null = null
  const make = async () => {
    const { createFront } = await import('../api/front.js')
    return createFront({ director: await director, access, version, onFault })
  }
  return () => {
    front ??= make()
    return front
  }
}

async function startDirector(assembly: Assembly, url: string): Promise<RunningDirector> {
  const { log, version, openStore, openCarrier } = assembly
  const store = openStore()
  const { plane, host } = await openCarrier()
  const director = new RunningDirector({ store, plane, host, log, version, url })
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
