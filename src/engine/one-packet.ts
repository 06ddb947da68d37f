/**
 * One-packet scheduling (`ipvsadm -o`): each datagram finds its real server by itself, and nothing is remembered
 * (net/netfilter/ipvs/ip_vs_conn.c, IP_VS_CONN_F_ONE_PACKET).
 *
 * It counts as a connection that ends at once. What the real server answers belongs to nothing here, so it reaches the client
 * only where the client's own address was left to it, and bears the real server's. The nat table knows such a datagram by
 * bare `--ipvs` alone.
 */
import { Reason } from '../failure/reason.js'
import { translate } from '../rewrite/translate.js'
import { Method } from '../service/service.js'
import type { ServiceTable } from '../service/table.js'
import type { Frame } from '../wire/frame.js'
import type { Connections } from './connections.js'
import { type Opening, reasonOf } from './opening.js'

const SOURCE = 0
const REAL = 4

export class OnePacket {
  private readonly opening: Opening
  private readonly services: ServiceTable
  private readonly connections: Connections
  /** Source and real server of the datagram prepared. */
  private readonly words = new Int32Array(8)
  /** Real server's port << 16 | source port. */
  private ports = 0

  constructor(opening: Opening, services: ServiceTable, connections: Connections) {
    this.opening = opening
    this.services = services
    this.connections = connections
  }

  /** The real server's slot for the datagram in `frame`, counted; ~Reason if it goes nowhere. */
  prepare(service: number, frame: Frame, nowTick: number, nowMs: number): number {
    const destination = this.opening.choose(service, frame, nowTick, nowMs)
    if (destination < 0) return ~reasonOf(destination)
    const { destinations } = this.services
    if (destinations.method[destination] === Method.masq) {
      const reason = this.aim(service, destination, frame, nowTick)
      if (reason !== Reason.none) return ~reason
    }
    destinations.opened(destination)
    this.services.countConnection(destination)
    this.services.countIn(destination, frame.length)
    destinations.closed(destination)
    return destination
  }

  translate(view: DataView, frame: Frame): void {
    translate(view, frame, this.words, SOURCE, this.ports & 0xffff, REAL, this.ports >>> 16)
  }

  private aim(service: number, destination: number, frame: Frame, nowTick: number): number {
    const { words } = this
    const { destinations } = this.services
    const realPort = this.opening.portAt(service, destination, frame)
    const source = this.opening.source(destination, realPort, frame, true)
    const reason = this.opening.refusalOf(source, nowTick)
    if (reason !== Reason.none) return reason
    for (let i = 0; i < 4; i++) {
      words[SOURCE + i] = source.address[i]
      words[REAL + i] = destinations.words[destination * 4 + i]
    }
    this.ports = (realPort << 16) | source.port
    if (source.pooled) this.connections.giveBack(words, SOURCE, REAL, this.ports, frame.protocol)
    return Reason.none
  }
}
