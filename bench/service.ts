/**
 * Services in memory: finding one among many, a choice of each scheduler among a thousand real servers, the estimator,
 * compiling and installing 10 000 services of 10 real servers; then as many by a director in a namespace (restore.ts).
 *
 * Processor time, the least of several rounds: what else runs on the machine counts little.
 */

import { compile } from '../src/compile/compile.js'
import { inService } from '../src/model/check.js'
import type { Destination, Service } from '../src/model/service.js'
import { emptyState, type State } from '../src/model/state.js'
import { destinationSpec, serviceSpec, words } from '../src/service/fixture.js'
import { schedulers } from '../src/service/schedulers/registry.js'
import { ServiceTable } from '../src/service/table.js'

const SERVICES = 10_000
const DESTINATIONS = 10

let state = 1
const random = (): number => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0
  return state
}

const used = (): number => {
  const { user, system } = process.cpuUsage()
  return user + system
}

/** Microseconds of processor time. */
function least(rounds: number, work: () => void): number {
  const once = () => {
    const begin = used()
    work()
    return used() - begin
  }
  return Math.min(...Array.from({ length: rounds }, once))
}

const dotted = (first: number, n: number): string => `${first}.${n >> 16}.${(n >> 8) & 255}.${n & 255}`

/** Nanoseconds to find one of `count` services, asked for in random order. */
function find(count: number): number {
  const table = new ServiceTable(random)
  const specs = Array.from({ length: count }, (_, i) => serviceSpec(i + 1, { address: words(dotted(10, i)) }))
  table.install(specs)
  const asked = 1 << 16
  const keys = new Int32Array(asked * 4)
  for (let i = 0; i < asked; i++) keys.set(specs[random() % count].address, i * 4)
  let found = 0
  const time = least(20, () => {
    for (let round = 0; round < 10; round++)
      for (let i = 0; i < asked; i++) if (table.find(17, keys, i * 4, 1001) >= 0) found++
  })
  if (found !== 20 * 10 * asked) throw new Error('a service was not found')
  return (time * 1000) / (10 * asked)
}

/** Microseconds for a choice among `count` real servers of mixed weights and loads. */
function choose(scheduler: string, count: number): number {
  const table = new ServiceTable(random)
  const destinations = Array.from({ length: count }, (_, i) => destinationSpec(i + 1, { weight: 1 + (random() % 10) }))
  table.install([serviceSpec(1, { scheduler, destinations })])
  for (let slot = 0; slot < count; slot++) {
    for (let n = 2 + (random() % 500); n > 0; n--) table.destinations.opened(slot)
    for (let n = 1 + (random() % 50); n > 0; n--) table.destinations.activate(slot)
  }
  const packet = { words: Int32Array.from([...words('10.0.0.1'), ...words('10.0.0.2')]), sourcePort: 1 }
  const times = 5000
  const time = least(10, () => {
    for (let i = 0; i < times; i++) {
      packet.words[3] = random()
      table.schedule(0, packet, 0)
    }
  })
  return time / times
}

function large(): State {
  const destination = (id: number, n: number): Destination => ({
    id,
    address: dotted(11, n),
    port: 8080,
    method: 'masq',
    weight: 1,
    upperThreshold: 0,
    lowerThreshold: 0,
    tunnel: { type: 'ipip', port: 0, checksum: 'nocsum' },
    ...inService,
  })
  const service = (n: number): Service => ({
    id: 1 + n,
    family: 4,
    protocol: 'tcp',
    address: dotted(10, n),
    port: 80,
    fwmark: 0,
    scheduler: 'wlc',
    schedulerFlags: 0,
    persistence: 0,
    persistenceMask: 32,
    persistenceEngine: '',
    onePacket: false,
    health: null,
    destinations: Array.from({ length: DESTINATIONS }, (_, i) =>
      destination(1 + SERVICES + n * DESTINATIONS + i, n * DESTINATIONS + i),
    ),
  })
  return { ...emptyState(), services: Array.from({ length: SERVICES }, (_, n) => service(n)) }
}

export interface ServiceResult {
  finds: { services: number; nanoseconds: number }[]
  /** Microseconds. */
  choices: { scheduler: string; amongTen: number; amongThousand: number }[]
  /** Of 10 000 services of 10 real servers, milliseconds. */
  large: { compile: number; install: number; installAgain: number; tick: number }
}

export function measureServices(): ServiceResult {
  return {
    finds: [1, 100, SERVICES].map((services) => ({ services, nanoseconds: find(services) })),
    choices: Object.keys(schedulers)
      .filter((scheduler) => scheduler !== 'none')
      .map((scheduler) => ({ scheduler, amongTen: choose(scheduler, 10), amongThousand: choose(scheduler, 1000) })),
    large: measureLarge(),
  }
}

function measureLarge(): ServiceResult['large'] {
  const desired = large()
  const route = { interface: 'eth0', source: '10.0.0.1', mtu: 1500, local: false }
  const routes = { to: () => route }
  const table = new ServiceTable(random)
  const { services } = compile(desired, routes)
  const milliseconds = (rounds: number, work: () => void): number => least(rounds, work) / 1000
  return {
    compile: milliseconds(5, () => compile(desired, routes)),
    install: milliseconds(1, () => table.install(services)),
    installAgain: milliseconds(5, () => table.install(services)),
    tick: milliseconds(9, () => table.tick()),
  }
}
