/** What `ipvsadm -L -c` prints: one row for each connection and persistence template. */
import type { ConnectionRow, ConnectionsView } from '../../api/routes.js'
import type { Naming } from './naming.js'

/** By IP protocol number; a template of a firewall mark has protocol 0. */
const PROTOCOL: Readonly<Record<number, 'tcp' | 'udp' | 'sctp'>> = { 6: 'tcp', 17: 'udp', 132: 'sctp' }

export function connectionTitle(engineData: boolean): string {
  const title = connectionRow('pro', 'expire', 'state', 'source', 'virtual')
  const last = engineData ? `${'destination'.padEnd(18)} ${'pe name'.padEnd(16)} pe_data` : 'destination'
  return `IPVS connection entries\n${title}${last}\n`
}

export function connectionRows({ rows }: ConnectionsView, engineData: boolean, naming: Naming): string {
  const lines = rows.map(
    ([number, state, expiresMs, client, clientPort, virtual, virtualPort, real, realPort, name, text]) => {
      const protocol = PROTOCOL[number] ?? ''
      const destination = naming(real, realPort, protocol)
      const [from, to] = [naming(client, clientPort, protocol), naming(virtual, virtualPort, protocol)]
      const head = connectionRow(protocol.toUpperCase() || 'IP', expiry(expiresMs), state, from, to)
      return head + (engineData && name !== '' ? `${destination.padEnd(16)} ${name.padEnd(18)} ${text}` : destination)
    },
  )
  return [...lines, ''].join('\n')
}

/** Those that may have a name. */
export const addressesIn = ([, , , client, , virtual, , destination]: ConnectionRow): string[] => [
  client,
  virtual,
  destination,
]

const connectionRow = (protocol: string, expires: string, state: string, source: string, virtual: string): string =>
  `${protocol.padEnd(3)} ${expires.padEnd(6)} ${state.padEnd(11)} ${source.padEnd(18)} ${virtual.padEnd(18)} `

/** MM:SS; minutes may pass 99. */
function expiry(expiresMs: number): string {
  const seconds = Math.max(0, Math.floor(expiresMs / 1000))
  return `${two(Math.floor(seconds / 60))}:${two(seconds % 60)}`
}

const two = (value: number): string => String(value).padStart(2, '0')
