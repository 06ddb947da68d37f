/**
 * RADIUS: with a user, that he is accepted (RFC 2865); without one, that the server answers Status-Server (RFC 5997). Each
 * request has a Message-Authenticator (RFC 3579 3.2), and an answer counts only if the shared secret is in it.
 */
import { createHash, createHmac, randomBytes, randomInt } from 'node:crypto'
import { Bad } from '../bad.js'
import type { Checker } from '../checker.js'

const [ACCESS_REQUEST, ACCESS_ACCEPT, ACCESS_REJECT, STATUS_SERVER] = [1, 2, 3, 12]
const [USER_NAME, USER_PASSWORD, NAS_IDENTIFIER, MESSAGE_AUTHENTICATOR] = [1, 2, 32, 80]
const HEADER = 20
const BLOCK = 16

export const radius: Checker<'radius'> = async ({ secret, user, password }, exchange) => {
  const datagrams = await exchange.datagrams()
  const [id, authenticator] = [randomInt(256), randomBytes(BLOCK)]
  const asked =
    user === ''
      ? []
      : [attribute(USER_NAME, Buffer.from(user)), attribute(USER_PASSWORD, hidden(password, secret, authenticator))]
  const code = user === '' ? STATUS_SERVER : ACCESS_REQUEST
  datagrams.send(
    request(code, id, authenticator, [...asked, attribute(NAS_IDENTIFIER, Buffer.from('fullnat'))], secret),
  )
  for (;;) {
    const answer = await datagrams.receive()
    if (answer.length < HEADER || answer[1] !== id) continue
    if (!isSigned(answer, authenticator, secret)) throw new Bad('the answer is not signed with this secret')
    if (answer[0] === ACCESS_ACCEPT) return 1
    throw new Bad(answer[0] === ACCESS_REJECT ? `${user} is rejected` : `the answer is of code ${answer[0]}`)
  }
}

const attribute = (type: number, value: Buffer): Buffer => Buffer.concat([Buffer.from([type, value.length + 2]), value])

/** RFC 2865 5.2. */
function hidden(password: string, secret: string, authenticator: Buffer): Buffer {
  const text = Buffer.from(password)
  const padded = Buffer.alloc(Math.max(BLOCK, Math.ceil(text.length / BLOCK) * BLOCK))
  text.copy(padded)
  let last = authenticator
  for (let at = 0; at < padded.length; at += BLOCK) {
    const mask = createHash('md5').update(secret).update(last).digest()
    for (let i = 0; i < BLOCK; i++) padded[at + i] ^= mask[i]
    last = padded.subarray(at, at + BLOCK)
  }
  return padded
}

/** Signed over itself, with the signature's place zero. */
function request(code: number, id: number, authenticator: Buffer, attributes: Buffer[], secret: string): Buffer {
  const all = [attribute(MESSAGE_AUTHENTICATOR, Buffer.alloc(BLOCK)), ...attributes]
  const length = all.reduce((sum, { length }) => sum + length, HEADER)
  const bytes = Buffer.concat([Buffer.from([code, id, length >> 8, length & 255]), authenticator, ...all])
  createHmac('md5', secret)
    .update(bytes)
    .digest()
    .copy(bytes, HEADER + 2)
  return bytes
}

/** RFC 2865 3, Response Authenticator. */
function isSigned(answer: Buffer, authenticator: Buffer, secret: string): boolean {
  const length = Math.min(answer.length, answer.readUInt16BE(2))
  const hash = createHash('md5').update(answer.subarray(0, 4)).update(authenticator)
  return hash.update(answer.subarray(HEADER, length)).update(secret).digest().equals(answer.subarray(4, HEADER))
}
