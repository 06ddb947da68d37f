/** IMAP, POP3, FTP, NNTP: the greeting; with a user, a login. */
import { Bad } from '../bad.js'
import type { Checker } from '../checker.js'
import type { Stream } from '../stream.js'
import { expectLine, expectReply } from './dialogue.js'

const HIDDEN = '(password)\r\n'

/** RFC 9051. */
export const imap: Checker<'imap'> = async ({ user, password }, exchange) => {
  const stream = await exchange.stream()
  expectLine(await stream.line(), /^\* (OK|PREAUTH)/, 'no IMAP greeting (* OK) but')
  if (user !== '') {
    stream.write(`a1 LOGIN ${quoted(user)} ${quoted(password)}\r\n`, `a1 LOGIN ${quoted(user)} ${HIDDEN}`)
    expectLine(await tagged(stream, 'a1'), /^a1 OK/, 'the login is refused:')
  }
  stream.leave('a2 LOGOUT\r\n')
  return 1
}

/** RFC 1939. */
export const pop3: Checker<'pop3'> = async ({ user, password }, exchange) => {
  const stream = await exchange.stream()
  expectLine(await stream.line(), /^\+OK/, 'no POP3 greeting (+OK) but')
  if (user !== '') {
    stream.write(`USER ${user}\r\n`)
    expectLine(await stream.line(), /^\+OK/, 'the user is refused:')
    stream.write(`PASS ${password}\r\n`, `PASS ${HIDDEN}`)
    expectLine(await stream.line(), /^\+OK/, 'the password is refused:')
  }
  stream.leave('QUIT\r\n')
  return 1
}

/** RFC 959. */
export const ftp: Checker<'ftp'> = async ({ user, password }, exchange) => {
  const stream = await exchange.stream()
  await expectReply(stream, /^220/, 'no FTP greeting (220) but')
  if (user !== '') {
    stream.write(`USER ${user}\r\n`)
    const asked = await expectReply(stream, /^(230|331)/, 'the user is refused:')
    if (asked.startsWith('331')) await pass(stream, `PASS ${password}`, 'PASS', /^230/)
  }
  stream.leave('QUIT\r\n')
  return 1
}

/** RFC 3977, RFC 4643. */
export const nntp: Checker<'nntp'> = async ({ user, password }, exchange) => {
  const stream = await exchange.stream()
  await expectReply(stream, /^20[01]/, 'no NNTP greeting (200 or 201) but')
  if (user !== '') {
    stream.write(`AUTHINFO USER ${user}\r\n`)
    const asked = await expectReply(stream, /^(281|381)/, 'the user is refused:')
    if (asked.startsWith('381')) await pass(stream, `AUTHINFO PASS ${password}`, 'AUTHINFO PASS', /^281/)
  }
  stream.leave('QUIT\r\n')
  return 1
}

async function pass(stream: Stream, line: string, shown: string, wanted: RegExp): Promise<void> {
  stream.write(`${line}\r\n`, `${shown} ${HIDDEN}`)
  await expectReply(stream, wanted, 'the password is refused:')
}

/** What is said without being asked is passed over. */
async function tagged(stream: Stream, tag: string): Promise<string> {
  for (let i = 0; i < 100; i++) {
    const line = await stream.line()
    if (line.startsWith(`${tag} `)) return line
  }
  throw new Bad(`no answer with the tag ${tag} among 100 lines`)
}

const quoted = (text: string): string => `"${text.replace(/["\\]/g, '\\$&')}"`
