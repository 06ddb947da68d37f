/**
 * PostgreSQL: it answers whether it speaks TLS; with a user, a login, and a query if one is given (protocol 3.0: cleartext,
 * MD5, SCRAM-SHA-256 of RFC 7677).
 */
import { createHash, createHmac, pbkdf2Sync, randomBytes, timingSafeEqual } from 'node:crypto'
import type { SqlProbe } from '../../model/check.js'
import { Bad } from '../bad.js'
import type { Checker } from '../checker.js'
import { ANSWER_MAX, type Stream } from '../stream.js'

const VERSION = 0x0003_0000
const SSL_REQUEST = 0x04d2_162f
const Method = { ok: 0, cleartext: 3, md5: 5, sasl: 10, saslContinue: 11, saslFinal: 12 } as const
const MESSAGES_MOST = 1000
/** More is no server's wish but an attack on the director's processor. */
const ITERATIONS_MOST = 100_000
const HIDDEN = '(password)'

interface Message {
  type: string
  body: Buffer
}

export const postgresql: Checker<'postgresql'> = async (probe, exchange) => {
  const stream = await exchange.stream()
  if (probe.user === '') {
    stream.write(words(8, SSL_REQUEST))
    const answer = (await stream.take(1)).toString('latin1')
    if (!'SNE'.includes(answer)) throw new Bad(`no answer of PostgreSQL but '${answer}'`)
    stream.leave()
    return 1
  }
  const { user, database, query } = probe
  const texts = Buffer.from(`user\0${user}\0database\0${database || user}\0application_name\0fullnat\0\0`)
  stream.write(Buffer.concat([words(8 + texts.length, VERSION), texts]))
  await logIn(stream, probe)
  await ready(stream, 'the login')
  if (query !== '') {
    stream.write(message('Q', Buffer.from(`${query}\0`)))
    await ready(stream, 'the query')
  }
  stream.leave(message('X', Buffer.alloc(0)))
  return 1
}

function words(...values: number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length)
  for (const [i, value] of values.entries()) bytes.writeUInt32BE(value, 4 * i)
  return bytes
}

const message = (type: string, body: Buffer): Buffer => Buffer.concat([Buffer.from(type), words(4 + body.length), body])

async function next(stream: Stream, doing: string): Promise<Message> {
  const head = await stream.take(5)
  const [type, length] = [String.fromCharCode(head[0]), head.readUInt32BE(1) - 4]
  if (length < 0 || length > ANSWER_MAX) throw new Bad(`a message of ${length} bytes`)
  const body = Buffer.from(await stream.take(length))
  if (type === 'E') throw new Bad(`${doing} fails: ${errorIn(body)}`)
  return { type, body }
}

/** Fields are a letter and a text each: C the code, M the message. */
function errorIn(body: Buffer): string {
  const fields = body.toString('utf8').split('\0')
  const field = (letter: string) => fields.find((text) => text.startsWith(letter))?.slice(1) ?? ''
  return `${field('C')} ${field('M')}`
}

/** Until the server waits for the next query. */
async function ready(stream: Stream, doing: string): Promise<void> {
  for (let i = 0; i < MESSAGES_MOST; i++) if ((await next(stream, doing)).type === 'Z') return
  throw new Bad(`${doing} has more than ${MESSAGES_MOST} messages`)
}

async function logIn(stream: Stream, { user, password }: SqlProbe): Promise<void> {
  const { method, rest } = await asked(stream)
  if (method === Method.ok) return
  if (method === Method.cleartext) stream.write(message('p', Buffer.from(`${password}\0`)), HIDDEN)
  else if (method === Method.md5) stream.write(message('p', Buffer.from(`${md5Of(user, password, rest)}\0`)), HIDDEN)
  else if (method === Method.sasl) return scram(stream, password, rest)
  else throw new Bad(`the server wants a login of kind ${method}; password, md5 and scram-sha-256 are known`)
  const answer = await asked(stream)
  if (answer.method !== Method.ok) throw new Bad(`the login is answered by kind ${answer.method}`)
}

async function asked(stream: Stream): Promise<{ method: number; rest: Buffer }> {
  const { type, body } = await next(stream, 'the login')
  if (type !== 'R' || body.length < 4) throw new Bad(`the login is answered by a message '${type}'`)
  return { method: body.readUInt32BE(0), rest: body.subarray(4) }
}

function md5Of(user: string, password: string, salt: Buffer): string {
  const md5 = (...parts: (string | Buffer)[]) =>
    parts.reduce((hash, part) => hash.update(part), createHash('md5')).digest('hex')
  return `md5${md5(md5(password, user), salt)}`
}

async function scram(stream: Stream, password: string, mechanisms: Buffer): Promise<void> {
  if (!mechanisms.toString('latin1').split('\0').includes('SCRAM-SHA-256'))
    throw new Bad('the server offers no SCRAM-SHA-256')
  const own = randomBytes(18).toString('base64')
  const first = Buffer.from(`n,,n=,r=${own}`)
  stream.write(message('p', Buffer.concat([Buffer.from('SCRAM-SHA-256\0'), words(first.length), first])))
  const challenge = (await step(stream, Method.saslContinue)).toString('latin1')
  const [, nonce, salt, count] = /^r=([^,]+),s=([^,]+),i=(\d+)/.exec(challenge) ?? []
  if (!nonce?.startsWith(own) || Number(count) > ITERATIONS_MOST)
    throw new Bad(`no challenge of SCRAM but '${challenge}'`)
  const salted = pbkdf2Sync(password, Buffer.from(salt, 'base64'), Number(count), 32, 'sha256')
  const without = `c=biws,r=${nonce}`
  const signed = `n=,r=${own},${challenge},${without}`
  const clientKey = hmac(salted, 'Client Key')
  const signature = hmac(createHash('sha256').update(clientKey).digest(), signed)
  const proof = Buffer.from(clientKey.map((byte, i) => byte ^ signature[i]))
  stream.write(message('p', Buffer.from(`${without},p=${proof.toString('base64')}`)), HIDDEN)
  const last = (await step(stream, Method.saslFinal)).toString('latin1')
  const wanted = Buffer.from(`v=${hmac(hmac(salted, 'Server Key'), signed).toString('base64')}`)
  if (last.length !== wanted.length || !timingSafeEqual(Buffer.from(last), wanted))
    throw new Bad('the server does not know the password either')
  await step(stream, Method.ok)
}

async function step(stream: Stream, wanted: number): Promise<Buffer> {
  const { method, rest } = await asked(stream)
  if (method !== wanted) throw new Bad(`SCRAM is answered by kind ${method}`)
  return rest
}

const hmac = (key: Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest()
