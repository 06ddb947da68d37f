/**
 * The persistence engine sip: the Call-ID of a SIP message (net/netfilter/ipvs/ip_vs_pe_sip.c, nf_conntrack_sip.c,
 * ct_sip_get_header and callid_len). RFC 3261 8.1.1.4, 20.8; `i` is its compact form (7.3.3).
 */
import { LONGEST_TEXT } from '../conn/texts.js'

const CR = 13
const LF = 10
const TAB = 9
const SPACE = 32
const COLON = 58
const AT_SIGN = 64
const UPPER = 0xdf
const NAME = 'CALL-ID'
const COMPACT = 73 // I

/** Where a text lies; one reused object. */
export class Place {
  at = 0
  length = 0
}

/** Bytes of `word` (RFC 3261 25.1). */
const WORD = new Uint8Array(256)
for (const char of '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-.!%*_+`\'~()<>:\\"/[]?{}')
  WORD[char.charCodeAt(0)] = 1

/** Finds the Call-ID in [at, end); false if there is none that can be used. */
export function findCallId(view: DataView, at: number, end: number, place: Place): boolean {
  for (let line = nextLine(view, at, end); line < end; line = nextLine(view, line, end)) {
    const value = headerValue(view, line, end)
    if (value < 0) continue
    const length = idLength(view, value, end)
    if (length === 0) continue
    const after = value + length
    const isWhole = after < end && (view.getUint8(after) === CR || view.getUint8(after) === LF)
    if (!isWhole || length > LONGEST_TEXT) return false
    place.at = value
    place.length = length
    return true
  }
  return false
}

/** Where the line behind the one at `at` begins; `end` if there is none. */
function nextLine(view: DataView, at: number, end: number): number {
  let next = at
  while (next < end && view.getUint8(next) !== CR && view.getUint8(next) !== LF) next++
  if (next + 1 < end && view.getUint8(next) === CR && view.getUint8(next + 1) === LF) next++
  return Math.min(next + 1, end)
}

/** Where the value of a Call-ID line begins, -1 if it is another line. */
function headerValue(view: DataView, line: number, end: number): number {
  const name = nameLength(view, line, end)
  if (name === 0) return -1
  const colon = afterSpaces(view, line + name, end)
  if (colon >= end || view.getUint8(colon) !== COLON) return -1
  return afterSpaces(view, colon + 1, end)
}

function nameLength(view: DataView, line: number, end: number): number {
  if (line + 1 < end && upper(view, line) === COMPACT && !isLetter(view.getUint8(line + 1))) return 1
  if (line + NAME.length > end) return 0
  for (let i = 0; i < NAME.length; i++) {
    const [byte, wanted] = [view.getUint8(line + i), NAME.charCodeAt(i)]
    if (byte !== wanted && (wanted < AT_SIGN || (byte & UPPER) !== wanted)) return 0
  }
  return NAME.length
}

/** word [@ word] */
function idLength(view: DataView, at: number, end: number): number {
  const first = wordLength(view, at, end)
  const sign = at + first
  if (first === 0 || sign >= end || view.getUint8(sign) !== AT_SIGN) return first
  const second = wordLength(view, sign + 1, end)
  return second === 0 ? 0 : first + 1 + second
}

function wordLength(view: DataView, at: number, end: number): number {
  let next = at
  while (next < end && WORD[view.getUint8(next)] !== 0) next++
  return next - at
}

function afterSpaces(view: DataView, at: number, end: number): number {
  let next = at
  while (next < end && (view.getUint8(next) === SPACE || view.getUint8(next) === TAB)) next++
  return next
}

const upper = (view: DataView, at: number): number => view.getUint8(at) & UPPER

const isLetter = (byte: number): boolean => (byte & UPPER) >= 65 && (byte & UPPER) <= 90

/** Four words from a text and four that nobody foresees: where its template is looked for. The text itself decides whether it is the one. */
export function digest(view: DataView, { at, length }: Place, secret: readonly number[], words: Int32Array): void {
  let [a, b, c, d] = secret
  for (let i = 0; i < length; i++) {
    const byte = view.getUint8(at + i)
    a = Math.imul(a ^ byte, 0x0100_0193)
    b = Math.imul(b ^ byte ^ (a >>> 15), 0x85eb_ca6b)
    c = Math.imul(c ^ byte ^ (b >>> 13), 0xc2b2_ae35)
    d = Math.imul(d ^ byte ^ (c >>> 16), 0x27d4_eb2f)
  }
  words[0] = a
  words[1] = b
  words[2] = c
  words[3] = d
}
