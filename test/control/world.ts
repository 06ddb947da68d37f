/** One simulated director behind a real abstract socket of its own name, in this process. */
import * as fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ApiOptions } from '../../src/api/listener.js'
import { assemble, type Running } from '../../src/daemon/assemble.js'
import { createLog } from '../../src/log/log.js'
import { Store } from '../../src/store/store.js'
import { peerCredentials } from '../../src/sys/peer.js'
import { type SimulatedCarrier, simulatedCarrier } from './simulated.js'

export interface World extends SimulatedCarrier {
  folder: string
  log: string[]
  running: Running
  /** Stops it as `down` would, and starts another on the same folder. */
  restart(): Promise<World>
}

interface TestContext {
  after(clean: () => void | Promise<void>): void
}

export interface WorldOptions {
  uidOf(fd: number): number
  api: ApiOptions | null
}

let worlds = 0

/** Sets FULLNAT_SOCKET for this process, so one world at a time. */
export async function world(t: TestContext, given: Partial<WorldOptions> = {}): Promise<World> {
  const options = { uidOf: (fd: number) => peerCredentials(fd).uid, api: null, ...given }
  const folder = fs.mkdtempSync(join(tmpdir(), 'fullnat-control-'))
  process.env.FULLNAT_SOCKET = `fullnat-test-${process.pid}-${++worlds}`
  let current = await open(folder, options)
  t.after(async () => {
    await stop(current)
    fs.rmSync(folder, { recursive: true })
  })
  const restart = async (): Promise<World> => {
    await stop(current)
    current = await open(folder, options)
    return { ...current, restart }
  }
  return { ...current, restart }
}

/** A director under the name that FULLNAT_SOCKET has now. */
export async function open(
  folder: string,
  { uidOf, api }: WorldOptions,
  carrier = simulatedCarrier(),
): Promise<Omit<World, 'restart'>> {
  const log: string[] = []
  const running = await assemble({
    openStore: () => new Store(folder),
    log: createLog('debug', (line) => log.push(line)),
    version: '0.0.0',
    api,
    folder,
    uidOf,
    openCarrier: async () => carrier,
  })
  return { ...carrier, folder, log, running }
}

async function stop({ running }: Pick<World, 'running'>): Promise<void> {
  await running.director.down(false)
  running.api.close()
  await running.api.closed
}
