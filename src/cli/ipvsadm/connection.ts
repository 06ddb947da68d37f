/** What `ipvsadm -L -c` prints: one row for each connection and persistence template. */
import type { ConnectionsView } from '../../api/routes.js'
import type { Naming } from './naming.js'

/** By IP protocol number; a template of a firewall mark has protocol 0. */
const PROTOCOL: Readonly<Record<number, 'tcp' | 'udp' | 'sctp'>> = { 6: 'tcp', 17: 'udp', 132: 'sctp' }

export function connectionRows({ connections }: ConnectionsView, engineData: boolean, naming: Naming): string {
  const title = connectionRow('pro', 'expire', 'state', 'source', 'virtual')
  const last = engineData ? `${'destination'.padEnd(18)} ${'pe name'.padEnd(16)} pe_data` : 'destination'
  const rows = connections.map((c) => {
    const protocol = PROTOCOL[c.protocol] ?? ''
    const destination = naming(c.destination, c.destinationPort, protocol)
    const source = naming(c.client, c.clientPort, protocol)
    const virtual = naming(c.virtual, c.virtualPort, protocol)
    const head = connectionRow(protocol.toUpperCase() || 'IP', expiry(c.expiresMs), c.state, source, virtual)
    const data = engineData && c.engineName !== ''
    return head + (data ? `${destination.padEnd(16)} ${c.engineName.padEnd(18)} ${c.engineData}` : destination)
  })
  return ['IPVS connection entries', title + last, ...rows, ''].join('\n')
}

const connectionRow = (protocol: string, expires: string, state: string, source: string, virtual: string): string =>
  `${protocol.padEnd(3)} ${expires.padEnd(6)} ${state.padEnd(11)} ${source.padEnd(18)} ${virtual.padEnd(18)} `

/** MM:SS; minutes may pass 99. */
function expiry(expiresMs: number): string {
  const seconds = Math.max(0, Math.floor(expiresMs / 1000))
  return `${two(Math.floor(seconds / 60))}:${two(seconds % 60)}`
}

const two = (value: number): string => String(value).padStart(2, '0')
