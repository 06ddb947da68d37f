/**
 * Persistence: a template remembers which destination a client got, for as long as the service says
 * (net/netfilter/ipvs/ip_vs_core.c, ip_vs_sched_persist).
 *
 * A template is a record of the connection table with client port 0 and a kind of its own; it has no reply direction. It
 * outlives the connections it controls. This file finds, makes, renews and retires templates; it opens no connection.
 */
import * as record from '../conn/record.js'
import type { ConnectionTable } from '../conn/table.js'
import type { Timers } from '../conn/timers.js'
import type { Service, ServiceSpec } from '../service/service.js'
import type { ServiceTable } from '../service/table.js'
import { DESTINATION, type Frame, SOURCE } from '../wire/frame.js'
import type { EngineSettings } from './table.js'

const FTP = 21
/** IPPROTO_IP: templates of firewall mark services are of no protocol. */
const ANY_PROTOCOL = 0
/** An IPv4 address begins here in its mapped form. */
const MAPPED_BITS = 96
/** Ports of a template that is no longer one for its clients. */
const RETIRED = 0xffff

export class Persistence {
  private readonly table: ConnectionTable
  private readonly timers: Timers
  private readonly services: ServiceTable
  private readonly settings: EngineSettings
  /** Client and virtual address of the template sought. */
  private readonly key = new Int32Array(8)

  constructor(table: ConnectionTable, timers: Timers, services: ServiceTable, settings: EngineSettings) {
    this.table = table
    this.timers = timers
    this.services = services
    this.settings = settings
  }

  /** Handle of the template for the packet's client, found or made, renewed; -1 if no destination takes it or no room. */
  template(service: Service, frame: Frame, nowTick: number, nowMs: number): number {
    const { spec } = service
    const kind = this.loadKey(spec, frame)
    // Of FTP, port 0 and firewall mark services one template serves every port of the client.
    const port = frame.destinationPort === spec.port && spec.port !== FTP ? spec.port : 0
    const ref = this.table.find(kind, this.key, 0, port)
    if (ref >= 0 && this.serves(ref >> 1)) return this.renew(ref >> 1, nowTick)
    if (ref >= 0) this.retire(ref >> 1)
    const destination = service.schedule(frame, nowMs)
    if (destination < 0) return -1
    const handle = this.make(kind, port, service.slot, destination)
    if (handle >= 0) this.timers.restart(this.table.base(handle), handle, nowTick, record.ticksOf(spec.persistenceMs))
    return handle
  }

  /** Its own time counts, not its service's: a minute once it has outlived that, as long as connections need it. */
  private renew(handle: number, nowTick: number): number {
    const base = this.table.base(handle)
    this.timers.restart(base, handle, nowTick, this.table.words[base + record.TIMEOUT])
    return handle
  }

  /** ip_vs_check_template. */
  private serves(handle: number): boolean {
    const destination = this.table.words[this.table.base(handle) + record.DESTINATION_SLOT]
    if (!this.services.alive(destination)) return false
    return !this.settings.expireQuiescentTemplate || this.services.destinations.weight[destination] !== 0
  }

  /** No client finds it any more; its time runs out as it would have. */
  private retire(handle: number): void {
    const { words } = this.table
    const base = this.table.base(handle)
    const meta = words[base + record.META]
    this.table.withdraw(handle)
    words[base + record.CLIENT_PORTS] = RETIRED
    words[base + record.REAL_PORTS] = RETIRED << 16
    this.table.publish(handle, meta)
  }

  private loadKey(spec: ServiceSpec, frame: Frame): number {
    const { key } = this
    const bits = spec.persistenceMask + (frame.family === 4 ? MAPPED_BITS : 0)
    for (let i = 0; i < 4; i++) {
      key[i] = frame.words[SOURCE + i] & maskWord(bits, i)
      key[4 + i] = frame.words[DESTINATION + i]
    }
    if (spec.fwmark === 0) return frame.protocol + record.TEMPLATE_KIND
    key.fill(0, 4, 8)
    if (frame.family === 4) key[6] = 0xffff
    key[7] = spec.fwmark
    return ANY_PROTOCOL + record.TEMPLATE_KIND
  }

  private make(kind: number, port: number, service: number, destination: number): number {
    const handle = this.table.allocate()
    if (handle < 0) return -1
    const { words } = this.table
    const base = this.table.base(handle)
    for (let i = 0; i < 8; i++) words[base + record.CLIENT + i] = this.key[i]
    words[base + record.CLIENT_PORTS] = port
    words[base + record.SERVICE_SLOT] = service
    words[base + record.MARK] = this.services.get(service).spec.fwmark
    this.point(base, destination, port)
    this.table.publish(handle, kind)
    return handle
  }

  private point(base: number, destination: number, port: number): void {
    const { words } = this.table
    const { destinations } = this.services
    for (let i = 0; i < 4; i++) words[base + record.REAL + i] = destinations.words[destination * 4 + i]
    words[base + record.REAL_PORTS] = (port === 0 ? 0 : destinations.port[destination]) << 16
    words[base + record.DESTINATION_SLOT] = destination
    destinations.templateOpened(destination)
  }
}

const maskWord = (bits: number, word: number): number => {
  const here = bits - word * 32
  return here >= 32 ? -1 : here <= 0 ? 0 : -1 << (32 - here)
}
