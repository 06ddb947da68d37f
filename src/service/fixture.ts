/** For tests: services spelled in few words, and one service with its packets and connections. */
import { MAPPED, parse, type Words } from '../address/words.js'
import type { DestinationSpec, ServiceSpec } from './service.js'
import { ServiceTable } from './table.js'

export const words = (address: string): Words => {
  const parsed = parse(address)
  if (!parsed) throw new Error(`no address: ${address}`)
  return parsed
}

/** Real server 172.16.0.0 + id. */
export const destinationSpec = (id: number, changes: Partial<DestinationSpec> = {}): DestinationSpec => ({
  id,
  family: 4,
  address: [0, 0, MAPPED, (0xac100000 + id) | 0],
  port: 9,
  method: 0,
  weight: 1,
  upperThreshold: 0,
  lowerThreshold: 0,
  forgets: false,
  outInterface: '',
  outAddress: null,
  mtu: 1500,
  local: false,
  tunnel: { type: 0, port: 0, checksum: 0 },
  ...changes,
})

export const serviceSpec = (id: number, changes: Partial<ServiceSpec> = {}): ServiceSpec => ({
  id,
  family: 4,
  protocol: 17,
  address: words('10.10.0.100'),
  port: 1001,
  fwmark: 0,
  scheduler: 'rr',
  schedulerFlags: 0,
  persistenceMs: 0,
  persistenceMask: 32,
  engine: '',
  onePacket: false,
  destinations: [],
  ...changes,
})

const SERVICE = 1

/** One service of VIP 10.10.0.100, whose real servers are known by the last byte of 172.16.0.x, their id too. */
export class Rig {
  readonly table: ServiceTable
  spec: ServiceSpec
  nowMs = 0
  private readonly packet = { words: new Int32Array(8), sourcePort: 0 }

  constructor(scheduler: string, schedulerFlags = 0, random: () => number = () => 0) {
    this.table = new ServiceTable(random)
    this.spec = serviceSpec(SERVICE, { scheduler, schedulerFlags })
    this.packet.words.set(words('10.10.0.100'), 4)
    this.install(this.spec)
  }

  /** Real servers .11, .12 ... of these weights, added one by one. */
  static of(scheduler: string, weights: readonly number[], schedulerFlags = 0): Rig {
    const rig = new Rig(scheduler, schedulerFlags)
    weights.forEach((weight, i) => {
      rig.add(11 + i, { weight })
    })
    return rig
  }

  get slot(): number {
    return this.table.find(17, this.packet.words, 4, 1001)
  }

  install(spec: ServiceSpec): void {
    this.spec = spec
    this.table.install([spec])
  }

  add(id: number, changes: Partial<DestinationSpec> = {}): void {
    this.install({ ...this.spec, destinations: [destinationSpec(id, changes), ...this.spec.destinations] })
  }

  edit(id: number, changes: Partial<DestinationSpec>): void {
    const destinations = this.spec.destinations.map((d) => (d.id === id ? { ...d, ...changes } : d))
    this.install({ ...this.spec, destinations })
  }

  remove(id: number): void {
    this.install({ ...this.spec, destinations: this.spec.destinations.filter((d) => d.id !== id) })
  }

  /** Slot of the real server, also while it is in the trash. */
  destination(id: number): number {
    const { destinations } = this.table
    for (let slot = 0; slot < destinations.count; slot++) if (destinations.id[slot] === id) return slot
    return -1
  }

  /** The choice for a client's packet: the id of the real server, 0 for none. Makes no connection. */
  choose(client = '10.10.0.2', sourcePort = 30_000, target = '10.10.0.100'): number {
    this.packet.words.set(words(client), 0)
    this.packet.words.set(words(target), 4)
    this.packet.sourcePort = sourcePort
    const slot = this.table.schedule(0, this.packet, this.nowMs)
    return slot < 0 ? 0 : this.table.destinations.id[slot]
  }

  /** As choose, with a connection made. */
  open(client?: string, sourcePort?: number, target?: string): number {
    const id = this.choose(client, sourcePort, target)
    if (id !== 0) this.table.destinations.opened(this.destination(id))
    return id
  }

  /** What `times` clients got, one connection each. */
  sequence(times: number): string {
    return Array.from({ length: times }, () => this.open()).join(' ')
  }
}
