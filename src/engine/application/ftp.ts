/**
 * FTP through NAT (net/netfilter/ipvs/ip_vs_ftp.c, net/netfilter/nf_nat_ftp.c): the addresses in its text are made those that
 * the reader can reach, and the data connection that they speak of is let in beforehand.
 *
 * passive: the reply 227 names the virtual address, and the client's connection to it is taken to the real server. active:
 * PORT and EPRT name the source that the real server knows, and its connection there is taken to the client, from the
 * port below the virtual one. Clear text alone can be read. A real server is always reached at its own address, and a
 * client at its own: what else a line says is not believed.
 */
import { format, parse } from '../../address/words.js'
import * as record from '../../conn/record.js'
import type { ConnectionTable } from '../../conn/table.js'
import { TcpState } from '../../conn/tcp.js'
import { Reason } from '../../failure/reason.js'
import type { Packet } from '../../io/port.js'
import { replaceText } from '../../rewrite/payload.js'
import { shiftSequence } from '../../rewrite/tcp-sequence.js'
import { type Frame, TcpFlag } from '../../wire/frame.js'
import * as layout from '../../wire/layout.js'
import type { Expectations } from '../expectations.js'
import type { Application } from './application.js'
import { FtpLine, readCommand, readReply, Word } from './ftp-text.js'
import { moved, movedBack, note } from './numbers.js'

const IN = record.IN_NUMBERS
const OUT = record.OUT_NUMBERS
const MODE = record.APPLICATION_STATE

export class Ftp implements Application {
  private readonly view: DataView
  private readonly table: ConnectionTable
  private readonly words: Int32Array
  private readonly expectations: Expectations
  private readonly line = new FtpLine()

  constructor(view: DataView, table: ConnectionTable, expectations: Expectations) {
    this.view = view
    this.table = table
    this.words = table.words
    this.expectations = expectations
  }

  request(handle: number, packet: Packet, frame: Frame, nowTick: number): number {
    const { view, line } = this
    const sequence = view.getInt32(frame.transport + layout.TCP_SEQUENCE)
    this.shift(handle, frame, IN, OUT)
    if (!this.isEstablished(handle)) return Reason.none
    const at = payloadOf(view, frame)
    readCommand(view, at, frame.at + frame.length, line)
    if (line.word === Word.none) return Reason.none
    this.coldOf(handle)
    this.words[this.table.coldBase(handle) + MODE] = line.word
    if (line.word === Word.pasv || line.word === Word.epsv) return Reason.none
    return this.active(handle, packet, frame, (sequence + line.begin - at) | 0, nowTick)
  }

  reply(handle: number, packet: Packet, frame: Frame, nowTick: number): number {
    const { view, line, words } = this
    const sequence = view.getInt32(frame.transport + layout.TCP_SEQUENCE)
    this.shift(handle, frame, OUT, IN)
    const mode = this.isCold(handle) ? words[this.table.coldBase(handle) + MODE] : 0
    if ((mode !== Word.pasv && mode !== Word.epsv) || !this.isEstablished(handle)) return Reason.none
    const at = payloadOf(view, frame)
    readReply(view, at, frame.at + frame.length, line)
    if (line.word !== (mode === Word.pasv ? Word.passive : Word.extendedPassive)) return Reason.none
    const port = this.expectations.ofClient(handle, line.port, nowTick)
    if (port < 0) return ~port
    const address = format(words, this.table.base(handle) + record.VIRTUAL)
    const growth = this.replace(packet, frame, address, port)
    note(words, this.table.coldBase(handle) + OUT, (sequence + line.begin - at) | 0, growth)
    return Reason.none
  }

  /** The client waits for the server to connect. */
  private active(handle: number, packet: Packet, frame: Frame, sequence: number, nowTick: number): number {
    const { line, words } = this
    const base = this.table.base(handle)
    const address = parse(line.address)
    for (let i = 0; i < 4; i++) if (address?.[i] !== words[base + record.CLIENT + i]) return Reason.none
    const port = this.expectations.ofServer(handle, line.port, nowTick)
    if (port < 0) return ~port
    if ((words[base + record.META] & record.Flag.translated) === 0) return Reason.none
    const growth = this.replace(packet, frame, format(words, base + record.SOURCE_ADDRESS), port)
    note(words, this.table.coldBase(handle) + IN, sequence, growth)
    return Reason.none
  }

  /** Another address and port in the line just read. */
  private replace(packet: Packet, frame: Frame, address: string, port: number): number {
    const { view, line } = this
    const bar = String.fromCharCode(view.getUint8(line.at))
    const family = frame.family === 4 ? 1 : 2
    const isList = line.word === Word.port || line.word === Word.passive
    const list = `${address.replaceAll('.', ',')},${port >>> 8},${port & 0xff}`
    const bars = line.word === Word.eprt ? ['', family, address, port, ''] : ['', '', '', port, '']
    return replaceText(view, packet, frame, line.at, line.length, isList ? list : bars.join(bar))
  }

  /** Numbers of what the sender says, and of what it heard. */
  private shift(handle: number, frame: Frame, own: number, other: number): void {
    if (!this.isCold(handle)) return
    const { view, words } = this
    const cold = this.table.coldBase(handle)
    const sequence = moved(words, cold + own, view.getInt32(frame.transport + layout.TCP_SEQUENCE))
    const acknowledges = (frame.tcpFlags & TcpFlag.ack) !== 0
    const acknowledgement = view.getInt32(frame.transport + layout.TCP_ACKNOWLEDGEMENT)
    const heard = acknowledges ? -movedBack(words, cold + other, acknowledgement) : 0
    if (sequence !== 0 || heard !== 0) shiftSequence(view, frame, sequence, heard)
  }

  private isEstablished(handle: number): boolean {
    return record.stateOf(this.words[this.table.base(handle) + record.META]) === TcpState.established
  }

  private isCold(handle: number): boolean {
    return (this.words[this.table.base(handle) + record.META] & record.Flag.cold) !== 0
  }

  private coldOf(handle: number): void {
    this.words[this.table.base(handle) + record.META] |= record.Flag.cold
  }
}

const payloadOf = (view: DataView, frame: Frame): number =>
  frame.transport + ((view.getUint8(frame.transport + layout.TCP_DATA_OFFSET) >>> 4) << 2)
