/**
 * MySQL and MariaDB: the greeting; with a user, a login, and a query if one is given (protocol version 10). Without a user
 * the server counts the visit as an interrupted one (max_connect_errors): give it a user of its own.
 */
import { constants, createHash, publicEncrypt } from 'node:crypto'
import type { SqlProbe } from '../../model/check.js'
import { Bad } from '../bad.js'
import type { Checker } from '../checker.js'
import type { Stream } from '../stream.js'

const PROTOCOL_41 = 0x200
const WITH_DATABASE = 0x8
const SECURE_CONNECTION = 0x8000
const PLUGIN_AUTH = 0x80000
const MAX_PACKET = 1 << 24
const UTF8MB4 = 45
const [OK, MORE, SWITCH, ERROR] = [0x00, 0x01, 0xfe, 0xff]
const FAST_OK = 3
const ASK_KEY = 2
const QUERY = 3
const QUIT = 1
const ROUNDS_MOST = 10

interface Packet {
  sequence: number
  body: Buffer
}

export const mysql: Checker<'mysql'> = async (probe, exchange) => {
  const stream = await exchange.stream()
  const greeting = await packet(stream)
  if (greeting.body[0] === ERROR) throw new Bad(`the server refuses: ${errorIn(greeting.body)}`)
  if (greeting.body[0] !== 10) throw new Bad(`no greeting of MySQL's protocol 10 but of ${greeting.body[0]}`)
  if (probe.user !== '') {
    await logIn(stream, greeting, probe)
    if (probe.query !== '') await ask(stream, probe.query)
  }
  stream.leave(framed(0, Buffer.from([QUIT])))
  return 1
}

async function packet(stream: Stream): Promise<Packet> {
  const head = await stream.take(4)
  const [length, sequence] = [head.readUIntLE(0, 3), head[3]]
  const body = Buffer.from(await stream.take(length))
  if (length === 0) throw new Bad('an empty packet')
  return { sequence, body }
}

function framed(sequence: number, body: Buffer): Buffer {
  const head = Buffer.alloc(4)
  head.writeUIntLE(body.length, 0, 3)
  head[3] = sequence & 255
  return Buffer.concat([head, body])
}

const errorIn = (body: Buffer): string => `${body.readUInt16LE(1)} ${body.toString('utf8', body[3] === 0x23 ? 9 : 3)}`

/** The answer to the greeting, and to whatever the server asks next. */
async function logIn(stream: Stream, greeting: Packet, { user, password, database }: SqlProbe): Promise<void> {
  let { plugin, nonce } = challengeIn(greeting.body)
  const flags = PROTOCOL_41 | SECURE_CONNECTION | PLUGIN_AUTH | (database === '' ? 0 : WITH_DATABASE)
  const head = Buffer.alloc(32)
  head.writeUInt32LE(flags, 0)
  head.writeUInt32LE(MAX_PACKET, 4)
  head[8] = UTF8MB4
  const secret = scrambled(plugin, password, nonce)
  const texts = [`${user}\0`, secret, ...(database === '' ? [] : [`${database}\0`]), `${plugin}\0`]
  const parts = texts.map((part) =>
    typeof part === 'string' ? Buffer.from(part) : Buffer.concat([Buffer.from([part.length]), part]),
  )
  stream.write(framed(greeting.sequence + 1, Buffer.concat([head, ...parts])), `login as ${user}`)
  for (let i = 0; i < ROUNDS_MOST; i++) {
    const { sequence, body } = await packet(stream)
    if (body[0] === OK) return
    if (body[0] === ERROR) throw new Bad(`the login is refused: ${errorIn(body)}`)
    if (body[0] === SWITCH) {
      const end = body.indexOf(0, 1)
      plugin = body.toString('latin1', 1, end)
      nonce = body.subarray(end + 1, end + 21)
      stream.write(framed(sequence + 1, scrambled(plugin, password, nonce)), `login by ${plugin}`)
    } else if (body[0] === MORE && body[1] !== FAST_OK) {
      await sendSealed(stream, sequence, password, nonce)
    }
  }
  throw new Bad('the login has no end')
}

function challengeIn(body: Buffer): { plugin: string; nonce: Buffer } {
  const at = body.indexOf(0, 1) + 1 + 4
  const second = at + 8 + 1 + 2 + 1 + 2 + 2 + 1 + 10
  const nonce = Buffer.concat([body.subarray(at, at + 8), body.subarray(second, second + 12)])
  const name = body.subarray(second + 13)
  const end = name.indexOf(0)
  return { plugin: name.toString('latin1', 0, end < 0 ? name.length : end) || 'mysql_native_password', nonce }
}

function scrambled(plugin: string, password: string, nonce: Buffer): Buffer {
  if (password === '') return Buffer.alloc(0)
  if (plugin === 'mysql_native_password') {
    const once = digest('sha1', Buffer.from(password))
    return xor(once, digest('sha1', Buffer.concat([nonce, digest('sha1', once)])))
  }
  if (plugin === 'caching_sha2_password') {
    const once = digest('sha256', Buffer.from(password))
    return xor(once, digest('sha256', Buffer.concat([digest('sha256', once), nonce])))
  }
  throw new Bad(`the server wants a login by ${plugin}; mysql_native_password and caching_sha2_password are known`)
}

/** caching_sha2_password, when the server has not this password at hand: sealed with the server's key. */
async function sendSealed(stream: Stream, sequence: number, password: string, nonce: Buffer): Promise<void> {
  stream.write(framed(sequence + 1, Buffer.from([ASK_KEY])))
  const { sequence: next, body } = await packet(stream)
  const key = { key: body.toString('latin1', 1), padding: constants.RSA_PKCS1_OAEP_PADDING }
  const plain = Buffer.from(`${password}\0`)
  const sealed = publicEncrypt(key, xor(plain, Buffer.alloc(plain.length, nonce)))
  stream.write(framed(next + 1, sealed), '(password)')
}

async function ask(stream: Stream, query: string): Promise<void> {
  stream.write(framed(0, Buffer.concat([Buffer.from([QUERY]), Buffer.from(query)])))
  const { body } = await packet(stream)
  if (body[0] === ERROR) throw new Bad(`the query fails: ${errorIn(body)}`)
}

const digest = (name: string, bytes: Buffer): Buffer => createHash(name).update(bytes).digest()
const xor = (a: Buffer, b: Buffer): Buffer => Buffer.from(a.map((byte, i) => byte ^ b[i]))
