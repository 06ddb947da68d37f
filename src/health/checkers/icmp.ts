/** ICMP echo (RFC 792, RFC 4443 4): the server answers with what it was sent. */
import { randomBytes } from 'node:crypto'
import type { Checker } from '../checker.js'

/** As ping sends: enough at random that no other answer is taken for this one. */
const PAYLOAD = 56

export const icmp: Checker<'icmp'> = async (_probe, exchange) => {
  const payload = randomBytes(PAYLOAD)
  const echo = exchange.echo()
  echo.send(payload)
  while (!(await echo.receive()).equals(payload));
  return 1
}
