/**
 * The service that a packet of no connection is for: its firewall mark's, else that of the address and port it is sent to.
 *
 * mangle's PREROUTING is walked for each such packet, and for no other: a packet whose connection is known needs no mark
 * (ip_vs_in looks connections up before services, too). What the walk learned stays in the NatPacket for POSTROUTING.
 */
import { CLIENT, type NatPacket, SERVER } from '../nat/packet.js'
import { Binding, type NatChains } from '../nat/walk.js'
import type { ServiceTable } from '../service/table.js'
import { DESTINATION, type Frame, Protocol, SOURCE } from '../wire/frame.js'
import * as layout from '../wire/layout.js'
import { isBalanced } from './beginning.js'

/** Instead of a service slot: none; a rule drops the packet. */
export const NO_SERVICE = -1
export const DROPPED = -2

export class Matching {
  /** Replaced whole at each install. */
  chains: NatChains
  private readonly view: DataView
  private readonly services: ServiceTable
  private readonly packet: NatPacket

  constructor(view: DataView, services: ServiceTable, packet: NatPacket, chains: NatChains) {
    this.view = view
    this.services = services
    this.packet = packet
    this.chains = chains
  }

  /** Slot of the service, NO_SERVICE or DROPPED. */
  find(frame: Frame): number {
    load(this.packet, frame)
    this.loadList(frame)
    return this.chains.walk(this.packet).kind === Binding.drop ? DROPPED : serviceOf(this.packet, this.services, frame)
  }

  /** The same for `asked`, which the packet in `frame`, an ICMP error, speaks of: the error is what gets a mark. */
  findAsked(frame: Frame, asked: Frame): number {
    const { packet } = this
    load(this.packet, frame)
    if (this.chains.walk(packet).kind === Binding.drop) return DROPPED
    const { mark } = packet
    load(packet, asked)
    packet.mark = mark
    return serviceOf(packet, this.services, asked)
  }

  private loadList({ protocol, transport, at, length }: Frame): void {
    const { packet, view } = this
    packet.view = view
    if (protocol === Protocol.tcp) {
      packet.listFrom = transport + layout.TCP_HEADER
      packet.listTo = transport + ((view.getUint8(transport + layout.TCP_DATA_OFFSET) >>> 4) << 2)
    } else if (protocol === Protocol.sctp) {
      packet.listFrom = transport + layout.SCTP_HEADER
      packet.listTo = at + length
    }
  }
}

/** By the mark that the packet has by now, else by where `frame` goes. */
export function serviceOf(packet: NatPacket, services: ServiceTable, frame: Frame): number {
  const isMarked = packet.mark !== 0 && isBalanced(frame.protocol)
  const marked = isMarked ? services.findMark(packet.mark, frame.family) : NO_SERVICE
  return marked >= 0 ? marked : services.find(frame.protocol, frame.words, DESTINATION, frame.destinationPort)
}

/** The packet as it came in, but for TCP's options and SCTP's chunks. */
export function load(packet: NatPacket, frame: Frame): void {
  packet.family = frame.family
  packet.protocol = frame.protocol
  for (let i = 0; i < 4; i++) {
    packet.words[CLIENT + i] = frame.words[SOURCE + i]
    packet.words[SERVER + i] = frame.words[DESTINATION + i]
  }
  packet.sourcePort = frame.sourcePort
  packet.destinationPort = frame.destinationPort
  packet.tcpFlags = frame.tcpFlags
  packet.outInterface = ''
  packet.mark = 0
  packet.bytes = frame.length
  packet.listFrom = packet.listTo = 0
}
