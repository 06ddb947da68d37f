/** SMTP: the greeting and the answer to EHLO (RFC 5321). */
import type { Checker } from '../checker.js'
import { expectReply } from './dialogue.js'

export const smtp: Checker<'smtp'> = async ({ hello }, exchange) => {
  const stream = await exchange.stream()
  await expectReply(stream, /^220/, 'no SMTP greeting (220) but')
  stream.write(`EHLO ${hello}\r\n`)
  await expectReply(stream, /^250/, 'EHLO is not answered by 250 but')
  stream.leave('QUIT\r\n')
  return 1
}
