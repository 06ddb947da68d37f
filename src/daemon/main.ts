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
import { ConfigFile } from './config-file.js'
import { openTunCarrier, restoreLeft } from './tun-carrier.js'

/** Calls `ready` when traffic is served, resolves when it has been told to stop. */
export async function start(options: UpOptions, ready: () => void): Promise<void> {
  const { connections, logLevel, logFormat, datapath, api, config, watch } = options
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
  const file = config === '' ? null : new ConfigFile(config, running.director, log)
  outliveFaults(log)
  if (file) await begin(file, watch, running)
  stopOnSignals(running, log, file === null ? ['SIGTERM', 'SIGINT', 'SIGHUP'] : ['SIGTERM', 'SIGINT'])
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

/** A file that is wrong at the start is no reason to start with something else. */
async function begin(file: ConfigFile, watch: boolean, { director, api }: Running): Promise<void> {
  try {
    await file.begin()
  } catch (error) {
    await director.down(false)
    api.close()
    throw error
  }
  process.on('SIGHUP', () => void file.again('SIGHUP'))
  if (watch) file.watch()
}

function stopOnSignals({ director, api }: Running, log: Log, signals: string[]): void {
  const stop = (signal: string) => {
    log.info(`${signal}: going down`)
    director
      .down(false)
      .catch((error) => log.error('the host could not be given back whole', error))
      .finally(() => api.close())
  }
  for (const signal of signals) process.on(signal, stop)
}

/** A fault in the control plane is no reason to stop the traffic. */
function outliveFaults(log: Log): void {
  const tellFault = (error: unknown) => log.error('a fault of fullnat itself; traffic goes on', error)
  process.on('uncaughtException', tellFault)
  process.on('unhandledRejection', tellFault)
}

const version = (): string =>
  JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')).version
