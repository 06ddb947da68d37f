/** DNS: a question by UDP or TCP is answered without error, and with what is expected (RFC 1035). */
import { randomInt } from 'node:crypto'
import { isIP } from 'node:net'
import type { DnsProbe, DnsType } from '../../model/check.js'
import { Bad } from '../bad.js'
import type { Checker } from '../checker.js'
import type { Exchange } from '../exchange.js'

const TYPES: Readonly<Record<DnsType, number>> = {
  A: 1,
  NS: 2,
  CNAME: 5,
  SOA: 6,
  PTR: 12,
  MX: 15,
  TXT: 16,
  AAAA: 28,
  SRV: 33,
}
const CODES = ['NOERROR', 'FORMERR', 'SERVFAIL', 'NXDOMAIN', 'NOTIMP', 'REFUSED']
const HEADER = 12
const RESPONSE = 0x8000
const RECURSION_DESIRED = 0x0100
/** Compressed names point on and on only in broken answers. */
const JUMPS_MOST = 32
/** Of the record data, where the name begins that it ends with. */
const NAME_AT: Readonly<Record<number, number>> = { 2: 0, 5: 0, 6: 0, 12: 0, 15: 2, 33: 6 }

export const dns: Checker<'dns'> = async (probe, exchange) => {
  const id = randomInt(0x10000)
  const answer = await (probe.transport === 'udp' ? byUdp : byTcp)(exchange, question(id, probe), id)
  const code = answer.readUInt16BE(2) & 15
  if (code !== 0) throw new Bad(`the answer is ${CODES[code] ?? `error ${code}`}`)
  const found = records(answer, TYPES[probe.type])
  if (probe.answer !== '' && !found.some((text) => isSame(text, probe.answer)))
    throw new Bad(`the answers are ${found.join(', ') || 'none'}; ${probe.answer} is not among them`)
  return 1
}

function question(id: number, { name, type }: DnsProbe): Buffer {
  const header = Buffer.alloc(HEADER)
  header.writeUInt16BE(id, 0)
  header.writeUInt16BE(RECURSION_DESIRED, 2)
  header.writeUInt16BE(1, 4)
  const labels = name.split('.').filter((label) => label !== '')
  const encoded = labels.map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label, 'latin1')]))
  return Buffer.concat([header, ...encoded, Buffer.from([0, 0, TYPES[type], 0, 1])])
}

/** Others' answers and late ones are passed over. */
async function byUdp(exchange: Exchange, asked: Buffer, id: number): Promise<Buffer> {
  const datagrams = await exchange.datagrams()
  datagrams.send(asked)
  for (;;) {
    const answer = await datagrams.receive()
    if (isAnswer(answer, id)) return answer
  }
}

async function byTcp(exchange: Exchange, asked: Buffer, id: number): Promise<Buffer> {
  const stream = await exchange.stream()
  stream.write(Buffer.concat([Buffer.from([asked.length >> 8, asked.length & 255]), asked]))
  const answer = Buffer.from(await stream.take((await stream.take(2)).readUInt16BE(0)))
  if (!isAnswer(answer, id)) throw new Bad('what came back is no answer to the question')
  stream.leave()
  return answer
}

const isAnswer = (bytes: Buffer, id: number): boolean =>
  bytes.length >= HEADER && bytes.readUInt16BE(0) === id && (bytes.readUInt16BE(2) & RESPONSE) !== 0

/** The data of the answers of this type, as text. */
function records(answer: Buffer, type: number): string[] {
  const found: string[] = []
  try {
    let at = HEADER
    for (let i = answer.readUInt16BE(4); i > 0; i--) at = nameAt(answer, at).end + 4
    for (let i = answer.readUInt16BE(6); i > 0; i--) {
      at = nameAt(answer, at).end
      const [isType, length] = [answer.readUInt16BE(at), answer.readUInt16BE(at + 8)]
      if (isType === type) found.push(dataText(answer, type, at + 10, length))
      at += 10 + length
    }
  } catch {
    throw new Bad('the answer is broken')
  }
  return found
}

function dataText(answer: Buffer, type: number, at: number, length: number): string {
  const data = answer.subarray(at, at + length)
  if (type === TYPES.A) return [...data].join('.')
  if (type === TYPES.AAAA) return Array.from({ length: 8 }, (_, i) => data.readUInt16BE(2 * i).toString(16)).join(':')
  if (type !== TYPES.TXT) return nameAt(answer, at + NAME_AT[type]).name
  const texts: string[] = []
  for (let i = 0; i < data.length; i += 1 + data[i]) texts.push(data.toString('latin1', i + 1, i + 1 + data[i]))
  return texts.join('')
}

function nameAt(answer: Buffer, from: number): { name: string; end: number } {
  const labels: string[] = []
  let end = -1
  for (let at = from, jumps = 0; jumps < JUMPS_MOST; ) {
    const length = answer.readUInt8(at)
    if (length === 0) return { name: `${labels.join('.')}.`, end: end < 0 ? at + 1 : end }
    if (length >= 0xc0) {
      if (end < 0) end = at + 2
      at = answer.readUInt16BE(at) & 0x3fff
      jumps++
      continue
    }
    labels.push(answer.toString('latin1', at + 1, at + 1 + length))
    at += 1 + length
  }
  throw new RangeError('a name without end')
}

/** Names with and without their last dot, in any case; IPv6 addresses however they are written. */
function isSame(text: string, wanted: string): boolean {
  if (isIP(wanted) === 6) return full(wanted) === full(text)
  return text.toLowerCase().replace(/\.$/, '') === wanted.toLowerCase().replace(/\.$/, '')
}

const full = (address: string): string => new URL(`http://[${address}]/`).hostname
