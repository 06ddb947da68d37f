/**
 * The words of FTP that name an address (RFC 959 4.1.2 and 4.2, RFC 2428), found in bytes without a copy.
 *
 * A line counts only from its first letter to its end: one that is spread over segments is not understood, as in
 * ip_vs_ftp. Addresses are mapped words; a reply to EPSV names a port alone.
 */
const CR = 13
const LF = 10
const SPACE = 32
const OPENING = 40
const COMMA = 44
const ZERO = 48
const NINE = 57
const UPPER = 0xdf

export const Word = { none: 0, pasv: 1, epsv: 2, port: 3, eprt: 4, passive: 5, extendedPassive: 6 } as const

/** What a line said; one reused object. */
export class FtpLine {
  word: number = Word.none
  /** Where the line begins. */
  begin = 0
  /** The text of address and port: what another one takes the place of. */
  at = 0
  length = 0
  port = 0
  /** Of PORT, of EPRT: as written. '' if there is none. */
  address = ''
}

/** The first line in [at, end) that a client says of data connections; its word is Word.none if there is none. */
export function readCommand(view: DataView, at: number, end: number, line: FtpLine): void {
  line.word = Word.none
  for (let begin = at; begin < end && line.word === Word.none; begin = afterLine(view, begin, end)) {
    line.begin = begin
    if (starts(view, begin, end, 'PORT')) readList(view, afterSpaces(view, begin + 4, end), end, line, Word.port)
    else if (starts(view, begin, end, 'EPRT')) readBars(view, afterSpaces(view, begin + 4, end), end, line, Word.eprt)
    else if (starts(view, begin, end, 'PASV') && isEnd(view, begin + 4, end)) line.word = Word.pasv
    else if (starts(view, begin, end, 'EPSV') && (isEnd(view, begin + 4, end) || at32(view, begin + 4, end)))
      line.word = Word.epsv
  }
}

/** The first line in [at, end) by which a server names a port. */
export function readReply(view: DataView, at: number, end: number, line: FtpLine): void {
  line.word = Word.none
  for (let begin = at; begin < end && line.word === Word.none; begin = afterLine(view, begin, end)) {
    line.begin = begin
    if (starts(view, begin, end, '227 ')) readList(view, firstDigit(view, begin + 4, end), end, line, Word.passive)
    else if (starts(view, begin, end, '229 ')) {
      const bars = afterOpening(view, begin + 4, end)
      readBars(view, bars, end, line, Word.extendedPassive)
    }
  }
}

/** h1,h2,h3,h4,p1,p2 */
function readList(view: DataView, at: number, end: number, line: FtpLine, word: number): void {
  let address = ''
  let port = 0
  let next = at
  for (let i = 0; i < 6; i++) {
    const begin = next
    let number = 0
    for (; isDigit(view, next, end); next++) number = number * 10 + view.getUint8(next) - ZERO
    if (next === begin || next - begin > 3 || number > 255 || next === end) return
    if (i < 5 && view.getUint8(next++) !== COMMA) return
    if (i < 4) address += i === 0 ? number : `.${number}`
    else port = port * 256 + number
  }
  fill(line, word, at, next, address, port)
}

/** |family|address|port|, of which a reply has |||port|; any printing character may stand for the bar. */
function readBars(view: DataView, at: number, end: number, line: FtpLine, word: number): void {
  if (at >= end) return
  const bar = view.getUint8(at)
  const parts: [number, number][] = []
  let next = at + 1
  for (let from = next; parts.length < 3; next++) {
    if (next >= end || view.getUint8(next) < SPACE || next - at > 60) return
    if (view.getUint8(next) !== bar) continue
    parts.push([from, next])
    from = next + 1
  }
  const [family, address, port] = parts.map(([from, to]) => text(view, from, to))
  if (!/^\d{1,5}$/.test(port) || (word === Word.eprt ? !/^[12]$/.test(family) : family + address !== '')) return
  fill(line, word, at, next, address, Number(port))
}

function fill(line: FtpLine, word: number, at: number, end: number, address: string, port: number): void {
  if (port < 1 || port > 65_535) return
  line.word = word
  line.at = at
  line.length = end - at
  line.address = address
  line.port = port
}

/** Letters compare without case, as everywhere in FTP. */
function starts(view: DataView, at: number, end: number, word: string): boolean {
  if (at + word.length > end) return false
  for (let i = 0; i < word.length; i++) {
    const [byte, wanted] = [view.getUint8(at + i), word.charCodeAt(i)]
    if (byte !== wanted && (wanted <= NINE || (byte & UPPER) !== wanted)) return false
  }
  return true
}

function afterLine(view: DataView, at: number, end: number): number {
  let next = at
  while (next < end && view.getUint8(next) !== LF) next++
  return next + 1
}

const isEnd = (view: DataView, at: number, end: number): boolean =>
  at < end && (view.getUint8(at) === CR || view.getUint8(at) === LF)

const at32 = (view: DataView, at: number, end: number): boolean => at < end && view.getUint8(at) === SPACE

const isDigit = (view: DataView, at: number, end: number): boolean =>
  at < end && view.getUint8(at) >= ZERO && view.getUint8(at) <= NINE

function afterSpaces(view: DataView, at: number, end: number): number {
  let next = at
  while (at32(view, next, end)) next++
  return next
}

function firstDigit(view: DataView, at: number, end: number): number {
  let next = at
  while (next < end && !isDigit(view, next, end) && view.getUint8(next) !== LF) next++
  return next
}

function afterOpening(view: DataView, at: number, end: number): number {
  let next = at
  while (next < end && view.getUint8(next) !== OPENING && view.getUint8(next) !== LF) next++
  return next + 1
}

function text(view: DataView, from: number, to: number): string {
  let result = ''
  for (let i = from; i < to; i++) result += String.fromCharCode(view.getUint8(i))
  return result
}
