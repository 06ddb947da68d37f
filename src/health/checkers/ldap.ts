/** LDAP: a bind, anonymous unless a user is given; with a base, that this entry is there (RFC 4511, BER of X.690). */
import { Bad } from '../bad.js'
import type { Checker } from '../checker.js'
import { ANSWER_MAX, type Stream } from '../stream.js'

const [INTEGER, OCTETS, ENUMERATED, SEQUENCE, BOOLEAN] = [0x02, 0x04, 0x0a, 0x30, 0x01]
const [BIND, BOUND, UNBIND, SEARCH, ENTRY, DONE] = [0x60, 0x61, 0x42, 0x63, 0x64, 0x65]
const SIMPLE = 0x80
const PRESENT = 0x87
const CODES: Readonly<Record<number, string>> = {
  32: 'no such object',
  48: 'inappropriate authentication',
  49: 'invalid credentials',
  50: 'insufficient access',
  51: 'busy',
  52: 'unavailable',
  53: 'unwilling to perform',
}
const MESSAGES_MOST = 20

export const ldap: Checker<'ldap'> = async ({ user, password, base }, exchange) => {
  const stream = await exchange.stream()
  const bind = ber(BIND, int(INTEGER, 3), text(OCTETS, user), text(SIMPLE, password))
  stream.write(envelope(1, bind), `bind as '${user}'`)
  const { tag, code } = await answer(stream)
  if (tag !== BOUND) throw new Bad(`the bind is answered by a message of kind ${tag}`)
  if (code !== 0) throw new Bad(`the bind is refused: ${meaning(code)}`)
  if (base !== '') await search(stream, base)
  stream.leave(envelope(3, ber(UNBIND)))
  return 1
}

/** The entry itself, without its attributes (1.1: RFC 4511 4.5.1.8). */
async function search(stream: Stream, base: string): Promise<void> {
  const attributes = ber(SEQUENCE, text(OCTETS, '1.1'))
  const request = [text(OCTETS, base), int(ENUMERATED, 0), int(ENUMERATED, 0), int(INTEGER, 1), int(INTEGER, 0)]
  stream.write(envelope(2, ber(SEARCH, ...request, int(BOOLEAN, 0), text(PRESENT, 'objectClass'), attributes)))
  let entries = 0
  for (let i = 0; i < MESSAGES_MOST; i++) {
    const { tag, code } = await answer(stream)
    if (tag === ENTRY) entries++
    if (tag !== DONE) continue
    if (code !== 0) throw new Bad(`${base}: ${meaning(code)}`)
    if (entries === 0) throw new Bad(`${base} is not there`)
    return
  }
  throw new Bad('the search has no end')
}

const meaning = (code: number): string => CODES[code] ?? `result ${code}`

/** Tag and contents; a length under 128 is one byte, another its own length before it. */
function ber(tag: number, ...parts: Buffer[]): Buffer {
  const body = Buffer.concat(parts)
  if (body.length < 0x80) return Buffer.concat([Buffer.from([tag, body.length]), body])
  return Buffer.concat([Buffer.from([tag, 0x82, body.length >> 8, body.length & 255]), body])
}

const int = (tag: number, value: number): Buffer => ber(tag, Buffer.from([value]))
const text = (tag: number, value: string): Buffer => ber(tag, Buffer.from(value, 'latin1'))
const envelope = (id: number, operation: Buffer): Buffer => ber(SEQUENCE, int(INTEGER, id), operation)

/** What kind of message it is, and its result code if it has one (-1). */
async function answer(stream: Stream): Promise<{ tag: number; code: number }> {
  const [tag] = await stream.take(1)
  if (tag !== SEQUENCE) throw new Bad('what comes back is not LDAP')
  const body = Buffer.from(await stream.take(await lengthOf(stream)))
  const operation = 2 + body[1]
  const contents = operation + 1 + ((body[operation + 1] & 0x80) === 0 ? 1 : 1 + (body[operation + 1] & 0x7f))
  return { tag: body[operation], code: body[contents] === ENUMERATED ? body[contents + 2] : -1 }
}

async function lengthOf(stream: Stream): Promise<number> {
  const [first] = await stream.take(1)
  if (first < 0x80) return first
  const size = first & 0x7f
  if (size === 0 || size > 4) throw new Bad('a length that LDAP has not')
  const length = (await stream.take(size)).readUIntBE(0, size)
  if (length > ANSWER_MAX) throw new Bad(`a message of ${length} bytes`)
  return length
}
