/**
 * The director's process: the real data path and the real host behind one control socket.
 *
 * Composition root. `fullnat up --foreground` becomes it; it ends when told to, by `down` or a signal, with the
 * host given back as it was. Killed outright it leaves everything for the next one to take over.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { UpOptions } from '../cli/fullnat/options.js'
import { createLog, type Log, toStandardError } from '../log/log.js'
import { forget } from '../store/file.js'
import { claimPlace, type Place, stateFolder, statePlace } from '../store/place.js'
import { Store } from '../store/store.js'
import { netnsIdentity } from '../sys/netns.js'
import { peerCredentials } from '../sys/peer.js'
import { assemble, type Running } from './assemble.js'
import { openTunCarrier, restoreLeft } from './tun-carrier.js'

/** Calls `ready` when traffic is served, resolves when it has been told to stop. */
export async function start(options: UpOptions, ready: () => void): Promise<void> {
  const { connections, logLevel, logFormat, datapath, api } = options
  const log = createLog(logLevel, toStandardError, logFormat)
  const place = statePlace()
  const running = await assemble({
    log,
    version: version(),
    api,
    folder: place.folder,
    uidOf: (fd) => peerCredentials(fd).uid,
    openStore: () => openStore(place),
    openCarrier: () => openTunCarrier(connections, datapath),
  })
  stopOnSignals(running, log)
  outliveFaults(log)
  log.info('up', { pid: process.pid, version: version(), state: place.folder })
  ready()
  await running.api.closed
}

/** Where no director runs: gives back what a killed one left, and forgets. False if nothing was left. */
export async function clear(alsoForget: boolean): Promise<boolean> {
  if (alsoForget) forget(stateFolder())
  return restoreLeft()
}

/** A passing place remembers whose it is; what a dead namespace left there is nobody's. */
function openStore(place: Place): Store {
  const { folder, passing } = place
  claimPlace(place)
  if (passing) {
    const file = join(folder, 'namespace')
    const identity = netnsIdentity()
    if (!existsSync(file) || readFileSync(file, 'utf8') !== identity) {
      forget(folder)
      writeFileSync(file, identity)
    }
  }
  return new Store(folder)
}

function stopOnSignals({ director, api }: Running, log: Log): void {
  const stop = (signal: string) => {
    log.info(`${signal}: going down`)
    director
      .down(false)
      .catch((error) => log.error('the host could not be given back whole', error))
      .finally(() => api.close())
  }
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(signal, stop)
}

/** A fault in the control plane is no reason to stop the traffic. */
function outliveFaults(log: Log): void {
  const tellFault = (error: unknown) => log.error('a fault of fullnat itself; traffic goes on', error)
  process.on('uncaughtException', tellFault)
  process.on('unhandledRejection', tellFault)
}

const version = (): string =>
  JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')).version
