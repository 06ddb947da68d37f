/** HTTPS: HTTP within TLS, whose certificate is looked at as far as is asked. */
import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { checkServerIdentity, type TLSSocket } from 'node:tls'
import type { HttpsProbe } from '../../model/check.js'
import { Bad } from '../bad.js'
import type { Checker } from '../checker.js'
import { authority, converse } from './http.js'

const DAY_MS = 86_400_000

export const https: Checker<'https'> = async (probe, exchange) => {
  const { address, port } = exchange.target
  const name = probe.serverName || (isIP(probe.host) ? '' : probe.host.replace(/:\d+$/, ''))
  const stream = await exchange.secured(await exchange.stream(), {
    servername: name,
    rejectUnauthorized: probe.verify,
    // Without a name the certificate must be of the address.
    checkServerIdentity: (_host, certificate) => checkServerIdentity(name || address, certificate),
    ...(probe.authority === '' ? {} : { ca: certificates(probe.authority) }),
  })
  if (probe.daysLeft > 0) checkDays(stream.socket as TLSSocket, probe)
  await converse(stream, probe, authority(address, port, 443))
  return 1
}

function certificates(file: string): Buffer {
  try {
    return readFileSync(file)
  } catch (error) {
    throw new Bad(`the director cannot read the certificates in ${file}: ${(error as NodeJS.ErrnoException).code}`)
  }
}

function checkDays(socket: TLSSocket, { daysLeft }: HttpsProbe): void {
  const until = socket.getPeerCertificate().valid_to
  const days = Math.floor((Date.parse(until) - Date.now()) / DAY_MS)
  if (days < daysLeft) throw new Bad(`the certificate ends ${until}, in ${days} days, not in ${daysLeft} or more`)
}
