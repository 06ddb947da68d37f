/** UDP: what is sent is answered as expected; without that, it is not refused. */
import { Bad } from '../bad.js'
import type { Checker } from '../checker.js'

/** A refusal comes within a round trip. */
const REFUSAL_MS = 300

export const udp: Checker<'udp'> = async ({ send, expect }, exchange) => {
  const datagrams = await exchange.datagrams()
  datagrams.send(send)
  if (expect === '') {
    if (await datagrams.refusedWithin(REFUSAL_MS)) throw new Bad('port unreachable')
    return 1
  }
  const answer = (await datagrams.receive()).toString('latin1')
  if (!new RegExp(expect).test(answer)) throw new Bad(`the answer does not match /${expect}/`)
  return 1
}
