/** Redis: PING is answered; with a password after AUTH; with a role as ROLE tells it (RESP2). */

import { Bad } from '../bad.js'
import type { Checker } from '../checker.js'
import { expectLine } from './dialogue.js'

const ROLES: Readonly<Record<string, string>> = { master: 'master', replica: 'slave' }

export const redis: Checker<'redis'> = async ({ user, password, role }, exchange) => {
  const stream = await exchange.stream()
  if (password !== '') {
    const words = ['AUTH', ...(user === '' ? [] : [user])]
    stream.write(command([...words, password]), `${words.join(' ')} (password)\r\n`)
    expectLine(await stream.line(), /^\+OK/, 'the password is refused:')
  }
  stream.write(command(['PING']))
  expectLine(await stream.line(), /^\+PONG/, 'PING is not answered by PONG but')
  if (role !== 'any') {
    stream.write(command(['ROLE']))
    expectLine(await stream.line(), /^\*/, 'ROLE is refused:')
    expectLine(await stream.line(), /^\$/, 'ROLE is answered by')
    const is = await stream.line()
    if (is !== ROLES[role]) throw new Bad(`the server is ${is}, not ${role}`)
  }
  stream.leave(command(['QUIT']))
  return 1
}

const command = (words: string[]): string =>
  `*${words.length}\r\n${words.map((word) => `$${word.length}\r\n${word}\r\n`).join('')}`
