/**
 * Protocols whose text speaks of addresses: what a segment of such a connection needs besides its translation.
 *
 * An application sees each segment of the connections to its port once, with the numbers as its sender wrote them. It may
 * change the text, and keep the numbers of both sides in step. Connections to other ports never come here.
 */
import * as record from '../../conn/record.js'
import type { ConnectionTable } from '../../conn/table.js'
import { Reason } from '../../failure/reason.js'
import type { Packet } from '../../io/port.js'
import { FTP } from '../../service/service.js'
import type { Frame } from '../../wire/frame.js'
import type { Expectations } from '../expectations.js'
import type { Repair } from '../repair.js'
import { Ftp } from './ftp.js'

export interface Application {
  /** A segment from the client, one from the real server. Reason.none, or why it is dropped. */
  request(handle: number, packet: Packet, frame: Frame, nowTick: number): number
  reply(handle: number, packet: Packet, frame: Frame, nowTick: number): number
}

type Make = new (view: DataView, table: ConnectionTable, expectations: Expectations) => Application

/** By the virtual service's port; TCP. All of ports.ts. */
const MAKERS: ReadonlyMap<number, Make> = new Map([[FTP, Ftp]])

export class Applications {
  private readonly table: ConnectionTable
  private readonly repair: Repair
  private readonly byPort: ReadonlyMap<number, Application>

  constructor(view: DataView, table: ConnectionTable, expectations: Expectations, repair: Repair) {
    this.table = table
    this.repair = repair
    this.byPort = new Map([...MAKERS].map(([port, Maker]) => [port, new Maker(view, table, expectations)]))
  }

  /** A translated segment. Repair stands between application and real server. Reason.none, or why it is dropped. */
  segment(packet: Packet, frame: Frame, ref: number, nowTick: number): number {
    const base = this.table.base(ref >> 1)
    const { words } = this.table
    const speaks = (words[base + record.META] & record.Flag.application) !== 0
    const application = speaks ? this.byPort.get(words[base + record.CLIENT_PORTS] & 0xffff) : undefined
    let reason: number = Reason.none
    if ((ref & 1) === record.REQUEST) {
      if (application) reason = application.request(ref >> 1, packet, frame, nowTick)
      this.repair.segment(ref, frame)
    } else {
      this.repair.segment(ref, frame)
      if (application) reason = application.reply(ref >> 1, packet, frame, nowTick)
    }
    return reason
  }
}
