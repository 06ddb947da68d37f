/**
 * ICMP errors about balanced connections, both ways (net/netfilter/ipvs/ip_vs_core.c, ip_vs_in_icmp, ip_vs_out_icmp).
 *
 * The packet inside is one that the director sent: as the real server got it, or as the client got it. Its tuple
 * turned around is the tuple of the packets that come back, which is what the table knows.
 */

import { CLIENT, CLIENT_PORTS, Flag, META, REAL, REAL_PORTS, REPLY, SOURCE_ADDRESS, VIRTUAL } from '../conn/record.js'
import type { ConnectionTable } from '../conn/table.js'
import { Reason } from '../failure/reason.js'
import { sumError, translateError } from '../rewrite/translate-error.js'
import { decodeInner } from '../wire/decode.js'
import { Fragment, Frame } from '../wire/frame.js'
import type { Repair } from './repair.js'

export class IcmpPath {
  private readonly view: DataView
  private readonly table: ConnectionTable
  private readonly repair: Repair
  /** The packet that the error quotes. */
  readonly inner = new Frame()
  private readonly turned = new Frame()
  /** The packet last quoted could be read. */
  private readable = false
  private readonly key = new Int32Array(8)

  constructor(view: DataView, table: ConnectionTable, repair: Repair) {
    this.view = view
    this.table = table
    this.repair = repair
  }

  /** The ref of the connection that the error in `frame` speaks of, in the direction of what comes back; -1 none. */
  find(frame: Frame): number {
    const { inner, key, view } = this
    this.readable = decodeInner(view, frame, inner) === Reason.none && inner.fragment !== Fragment.later
    if (!this.readable) return -1
    for (let i = 0; i < 4; i++) {
      key[i] = inner.words[4 + i]
      key[4 + i] = inner.words[i]
    }
    return this.table.find(inner.protocol, key, 0, (inner.destinationPort << 16) | inner.sourcePort)
  }

  /**
   * What the packet that the error in `frame` quotes was an answer to, as far as that can be told from it: without flags or
   * chunks, and as long as the error; null if it could not be read.
   */
  asked(frame: Frame): Frame | null {
    const { inner, turned, key } = this
    if (!this.readable) return null
    turned.words.set(key)
    turned.sourcePort = inner.destinationPort
    turned.destinationPort = inner.sourcePort
    turned.family = inner.family
    turned.protocol = inner.protocol
    turned.transport = inner.transport
    turned.at = frame.at
    turned.length = frame.length
    return turned
  }

  /** Rewrites the error that was just found to be about `ref` for its other side. */
  translate(frame: Frame, ref: number): number {
    const reason = (ref & 1) === REPLY ? this.toClient(frame, ref) : this.toReal(frame, ref)
    if (reason === Reason.none && this.repair.quoted(ref, this.inner)) sumError(this.view, frame)
    return reason
  }

  /** About a request: from the virtual address to the client, who sent it to the virtual service. */
  private toClient(frame: Frame, ref: number): number {
    const { words } = this.table
    const base = this.table.base(ref >> 1)
    const ports = words[base + CLIENT_PORTS]
    const client = base + CLIENT
    const virtual = base + VIRTUAL
    return translateError(
      this.view,
      frame,
      this.inner,
      words,
      virtual,
      client,
      client,
      ports >>> 16,
      virtual,
      ports & 0xffff,
    )
  }

  /** About a reply: to the real server; in snat from the source it knows, so that no other address gets there. */
  private toReal(frame: Frame, ref: number): number {
    const { words } = this.table
    const base = this.table.base(ref >> 1)
    const ports = words[base + REAL_PORTS]
    const real = base + REAL
    const source = base + SOURCE_ADDRESS
    const outer = words[base + META] & Flag.translated ? source : -1
    return translateError(this.view, frame, this.inner, words, outer, real, real, ports >>> 16, source, ports & 0xffff)
  }
}
