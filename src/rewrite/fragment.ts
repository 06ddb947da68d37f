/**
 * A packet cut into fragments (RFC 791 3.2, RFC 8200 4.5), for ways out that cut nothing themselves. A fragment may be
 * cut again. An IPv6 packet must be one that was cut before, or the director's own without extension headers: routers
 * cut none. One that was cut before keeps its fragment header while it is whole (RFC 6946), with its identification.
 */
import { DONT_FRAGMENT, FRAGMENT, FRAGMENT_HEADER, findFragmentHeader, MORE } from '../wire/fragment.js'
import * as layout from '../wire/layout.js'
import { copy, LONGEST_HEADERS, type Sendable, setLength } from './pieces.js'

const OFFSET = 0x1fff
/** Offsets count these many bytes. */
const UNIT = 8
const CONGESTED = 3
const OPTION_END = 0
const OPTION_NOTHING = 1
/** This option stands in every fragment. */
const COPIED = 0x80

/** Makes the header of a first fragment that of a whole datagram of `length` bytes. */
export function finishHeader(
  view: DataView,
  at: number,
  length: number,
  keepsWhole: boolean,
  congested: boolean,
): void {
  if (view.getUint8(at) >>> 4 === 6) {
    view.setUint16(findFragmentHeader(view, at) + 2, 0)
    if (congested) view.setUint8(at + 1, view.getUint8(at + 1) | (CONGESTED << 4))
  } else {
    view.setUint16(at + layout.IPV4_FRAGMENT, keepsWhole ? DONT_FRAGMENT : 0)
    if (congested) view.setUint8(at + layout.IPV4_TOS, view.getUint8(at + layout.IPV4_TOS) | CONGESTED)
  }
  setLength(view, at, length)
}

const headerLength = (view: DataView, at: number): number =>
  view.getUint8(at) >>> 4 === 6 ? layout.IPV6_HEADER : (view.getUint8(at) & 15) << 2

export class Fragmenter {
  private readonly view: DataView
  /** The IP header; in IPv6 all up to the fragment header, and that. */
  private readonly saved = new DataView(new ArrayBuffer(LONGEST_HEADERS))
  private headers = 0
  /** Of the fragment header, in `saved`. */
  private fragmentAt = 0
  private v6 = false
  private at = 0
  private end = 0
  /** Bytes in each fragment but the last. */
  private size = 0
  /** In units. */
  private offset = 0
  private moreAfter = 0
  /** DONT_FRAGMENT or 0. */
  private keepsWhole = 0

  constructor(view: DataView) {
    this.view = view
  }

  /** `identification`: of the whole; an IPv4 packet that has one keeps it, as in the kernel an IPv6 one does not. A fragment carries 8 bytes at least. */
  begin(packet: Sendable, mtu: number, identification: number): void {
    const { view, saved } = this
    const { at } = packet
    this.v6 = view.getUint8(at) >>> 4 === 6
    this.fragmentAt = this.v6 ? findFragmentHeader(view, at) - at : -1
    const wasCut = this.fragmentAt > 0
    const header = wasCut ? this.fragmentAt + FRAGMENT_HEADER : headerLength(view, at)
    copy(view, at, saved, 0, header)
    this.at = at + header
    this.end = at + packet.length
    this.headers = header
    this.offset = this.moreAfter = 0
    if (!this.v6) this.beginV4(identification)
    else if (wasCut) saved.setUint32(this.fragmentAt + 4, identification)
    else this.beginV6(identification)
    this.size = Math.max(UNIT, (mtu - this.headers) & -UNIT)
  }

  /** The next fragment into `packet`; false after the last. */
  next(packet: Sendable): boolean {
    if (this.at >= this.end) return false
    const bytes = this.end - this.at <= this.size ? this.end - this.at : this.size
    const more = this.at + bytes < this.end ? MORE : this.moreAfter
    packet.at = this.at - this.headers
    packet.length = this.headers + bytes
    copy(this.saved, 0, this.view, packet.at, this.headers)
    if (this.v6) this.view.setUint16(packet.at + this.fragmentAt + 2, (this.offset << 3) | (more ? 1 : 0))
    else this.view.setUint16(packet.at + layout.IPV4_FRAGMENT, this.keepsWhole | more | this.offset)
    setLength(this.view, packet.at, packet.length)
    if (this.offset === 0 && !this.v6) this.dropOptions()
    this.at += bytes
    this.offset += bytes >> 3
    return true
  }

  private beginV4(identification: number): void {
    const { saved } = this
    const field = saved.getUint16(layout.IPV4_FRAGMENT)
    this.offset = field & OFFSET
    this.moreAfter = field & MORE
    this.keepsWhole = field & DONT_FRAGMENT
    if (saved.getUint16(layout.IPV4_ID) === 0) saved.setUint16(layout.IPV4_ID, identification)
  }

  private beginV6(identification: number): void {
    const { saved } = this
    saved.setUint32(layout.IPV6_HEADER, saved.getUint8(layout.IPV6_NEXT_HEADER) << 24)
    saved.setUint32(layout.IPV6_HEADER + 4, identification)
    saved.setUint8(layout.IPV6_NEXT_HEADER, FRAGMENT)
    this.fragmentAt = layout.IPV6_HEADER
    this.headers += FRAGMENT_HEADER
  }

  /** Later fragments keep the room of options that are not theirs, filled with nothing (ip_options_fragment). */
  private dropOptions(): void {
    const { saved } = this
    for (let at = layout.IPV4_HEADER; at < this.headers; ) {
      const kind = saved.getUint8(at)
      if (kind === OPTION_END) return
      const length = kind === OPTION_NOTHING || at + 1 === this.headers ? 1 : Math.max(1, saved.getUint8(at + 1))
      if ((kind & COPIED) === 0)
        for (let i = at; i < Math.min(at + length, this.headers); i++) saved.setUint8(i, OPTION_NOTHING)
      at += length
    }
  }
}
