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
import { FTP, type Service, type ServiceSpec } from '../service/service.js'
import type { ServiceTable } from '../service/table.js'
import { DESTINATION, type Frame, Protocol, SOURCE } from '../wire/frame.js'
import { UDP_HEADER } from '../wire/layout.js'
import { digest, findCallId, Place } from './call-id.js'
import type { EngineSettings } from './table.js'

/** IPPROTO_IP: templates of firewall mark services are of no protocol. */
const ANY_PROTOCOL = 0
/** An IPv4 address begins here in its mapped form. */
export const MAPPED_BITS = 96
/** Ports of a template that is no longer one for its clients. */
const RETIRED = 0xffff
/** Instead of a handle: the packet does not say what its service's engine goes by. */
export const UNNAMED = -2

export class Persistence {
  private readonly table: ConnectionTable
  private readonly timers: Timers
  private readonly services: ServiceTable
  private readonly settings: EngineSettings
  /** Client and virtual address of the template sought. */
  private readonly key = new Int32Array(8)
  private readonly view: DataView
  /** The text of the template sought, in the packet; and the masked client. */
  private readonly text = new Place()
  private readonly client = new Int32Array(4)

  constructor(
    view: DataView,
    table: ConnectionTable,
    timers: Timers,
    services: ServiceTable,
    settings: EngineSettings,
  ) {
    this.view = view
    this.table = table
    this.timers = timers
    this.services = services
    this.settings = settings
  }

  /**
   * Handle of the template for the packet's client, found or made, renewed; -1 if no destination takes it or no room,
   * UNNAMED if the service's engine does not find in the packet what it goes by.
   */
  template(service: Service, frame: Frame, nowTick: number, nowMs: number): number {
    const { spec } = service
    const kind = this.kindOf(spec, frame)
    if (kind < 0) return UNNAMED
    // Of FTP, port 0 and firewall mark services one template serves every port of the client.
    const port = frame.destinationPort === spec.port && spec.port !== FTP ? spec.port : 0
    const ref = this.find(kind, port)
    if (ref >= 0 && this.serves(ref >> 1)) return this.renew(ref >> 1, nowTick)
    if (ref >= 0) this.retire(ref >> 1)
    const destination = service.schedule(frame, nowMs)
    if (destination < 0) return -1
    return this.add(kind, port, service, destination, nowTick)
  }

  /** Handle of the template that would be used, -1 if one would be made. Nothing changes. Not for services with an engine. */
  peek({ spec }: Service, frame: Frame): number {
    const port = frame.destinationPort === spec.port && spec.port !== FTP ? spec.port : 0
    const ref = this.find(this.kindOf(spec, frame), port)
    return ref >= 0 && this.serves(ref >> 1) ? ref >> 1 : -1
  }

  /** The same for a packet that this real server sends of itself: it goes by where it comes from. */
  templateOf(service: Service, destination: number, frame: Frame, nowTick: number): number {
    const kind = this.kindOf(service.spec, frame)
    if (kind < 0) return UNNAMED
    const ref = this.find(kind, service.spec.port)
    const { words } = this.table
    if (ref >= 0 && words[this.table.base(ref >> 1) + record.DESTINATION_SLOT] === destination) return ref >> 1
    if (ref >= 0) this.retire(ref >> 1)
    return this.add(kind, service.spec.port, service, destination, nowTick)
  }

  private find(kind: number, port: number): number {
    const ref = this.table.find(kind, this.key, 0, port)
    if (ref < 0 || !record.isFoundByText(kind)) return ref
    const text = this.table.words[this.table.coldBase(ref >> 1) + record.TEXT] - 1
    return this.table.texts.is(text, this.view, this.text.at, this.text.length) ? ref : -1
  }

  private add(kind: number, port: number, service: Service, destination: number, nowTick: number): number {
    const { spec } = service
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
    const { weight, forgets } = this.services.destinations
    if (!this.services.alive(destination)) return false
    return weight[destination] !== 0 || (!this.settings.expireQuiescentTemplate && forgets[destination] === 0)
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

  /** By the service's engine, the text beside the client (ip_vs_sip_ct_match compares both); -1 if it finds none. */
  private kindOf(spec: ServiceSpec, frame: Frame): number {
    const kind = this.loadKey(spec, frame)
    if (spec.engine === '') return kind
    const { view, text, key, client } = this
    const from = frame.transport + UDP_HEADER
    if (frame.protocol !== Protocol.udp || !findCallId(view, from, frame.at + frame.length, text)) return -1
    for (let i = 0; i < 4; i++) client[i] = key[i]
    digest(view, text, this.table.secret, key)
    for (let i = 0; i < 4; i++) key[i] ^= client[i]
    return kind + record.TEXT_KIND
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
    if (record.isFoundByText(kind) && !this.keepText(handle)) return -1
    this.table.publish(handle, record.isFoundByText(kind) ? kind | record.Flag.cold : kind)
    return handle
  }

  /** False, and the record is given back, if there is no room for the text. */
  private keepText(handle: number): boolean {
    const { words, texts } = this.table
    const base = this.table.base(handle)
    const slot = texts.put(this.view, this.text.at, this.text.length)
    words[base + record.META] = slot < 0 ? 0 : record.Flag.cold
    if (slot < 0) {
      this.services.destinations.templateClosed(words[base + record.DESTINATION_SLOT])
      this.table.abandon(handle)
      return false
    }
    words[this.table.coldBase(handle) + record.TEXT] = slot + 1
    for (let i = 0; i < 4; i++) words[base + record.SOURCE_ADDRESS + i] = this.client[i]
    return true
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

/** A word of the mask of so many bits. */
export const maskWord = (bits: number, word: number): number => {
  const here = bits - word * 32
  return here >= 32 ? -1 : here <= 0 ? 0 : -1 << (32 - here)
}
