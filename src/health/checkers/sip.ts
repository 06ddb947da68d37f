/** SIP: OPTIONS is answered with a good status, by UDP or TCP (RFC 3261 11). */
import { randomBytes } from 'node:crypto'
import type { SipProbe } from '../../model/check.js'
import { Bad } from '../bad.js'
import type { Checker } from '../checker.js'
import type { Exchange } from '../exchange.js'
import { authority, isAmong, spansText } from './http.js'

const USUAL_PORT = 5060

export const sip: Checker<'sip'> = async (probe, exchange) => {
  const line = await (probe.transport === 'udp' ? byUdp : byTcp)(exchange, probe)
  const found = /^SIP\/2\.0 (\d{3}) /.exec(line)
  if (!found) throw new Bad(`no SIP status line but '${line.slice(0, 60)}'`)
  if (!isAmong(Number(found[1]), probe.statuses))
    throw new Bad(`SIP status ${line.slice(8)}, not ${spansText(probe.statuses)}`)
  return 1
}

async function byUdp(exchange: Exchange, probe: SipProbe): Promise<string> {
  const datagrams = await exchange.datagrams()
  datagrams.send(request(probe, exchange, datagrams.local()))
  for (;;) {
    const [line] = (await datagrams.receive()).toString('latin1').split('\r\n')
    if (!isProvisional(line)) return line
  }
}

async function byTcp(exchange: Exchange, probe: SipProbe): Promise<string> {
  const stream = await exchange.stream()
  const { localAddress = '', localPort = 0 } = stream.socket
  stream.write(request(probe, exchange, authority(localAddress, localPort, 0)))
  for (;;) {
    const line = await stream.line()
    if (line === '' || isProvisional(line) || !line.startsWith('SIP/')) continue
    stream.leave()
    return line
  }
}

const isProvisional = (line: string): boolean => /^SIP\/2\.0 1/.test(line)

function request({ transport, user }: SipProbe, { target }: Exchange, own: string): string {
  const to = `sip:${user === '' ? '' : `${user}@`}${authority(target.address, target.port, USUAL_PORT)}`
  const mark = () => randomBytes(8).toString('hex')
  return [
    `OPTIONS ${to} SIP/2.0`,
    `Via: SIP/2.0/${transport.toUpperCase()} ${own};rport;branch=z9hG4bK${mark()}`,
    'Max-Forwards: 70',
    `From: <sip:fullnat@${own}>;tag=${mark()}`,
    `To: <${to}>`,
    `Call-ID: ${mark()}`,
    'CSeq: 1 OPTIONS',
    `Contact: <sip:fullnat@${own}>`,
    'Accept: application/sdp',
    'Content-Length: 0',
    '',
    '',
  ].join('\r\n')
}
