/** TCP: the server takes a connection; if something is expected, it comes (after `send`, if there is one). */
import { Bad } from '../bad.js'
import type { Checker } from '../checker.js'

export const tcp: Checker<'tcp'> = async ({ send, expect }, exchange) => {
  const stream = await exchange.stream()
  if (send !== '') stream.write(send)
  if (expect === '') return 1
  const pattern = new RegExp(expect)
  const found = await stream.holds((bytes) => pattern.test(bytes.toString('latin1')))
  if (!found) throw new Bad(`the answer does not match /${expect}/`)
  return 1
}
