/**
 * Sockets of this network namespace that wait for clients: `tcp 192.0.2.45 80`, with `*` for every address.
 *
 * /proc/net/tcp and its kin (net/ipv4/tcp_ipv4.c, get_tcp4_sock): `sl local_address rem_address st ...`, an address
 * as 32-bit words in the byte order of the machine, a colon, the port, all in hexadecimal.
 */
import { endianness } from 'node:os'
import { format, MAPPED, type Words } from '../address/words.js'

/** TCP_LISTEN, and TCP_CLOSE as an unconnected UDP socket shows it (include/net/tcp_states.h). */
const WAITING = { tcp: '0A', udp: '07' } as const

export function listeners(read: (file: string) => string): Set<string> {
  const found = new Set<string>()
  for (const protocol of ['tcp', 'udp'] as const) {
    for (const file of [`/proc/net/${protocol}`, `/proc/net/${protocol}6`]) {
      for (const line of read(file).split('\n').slice(1)) {
        const [, local = '', , state] = line.trim().split(/\s+/)
        if (state === WAITING[protocol]) found.add(`${protocol} ${endpoint(local)}`)
      }
    }
  }
  return found
}

function endpoint(local: string): string {
  const [address, port] = local.split(':')
  const isAny = /^0+$/.test(address)
  return `${isAny ? '*' : format(wordsOf(address))} ${Number.parseInt(port, 16)}`
}

function wordsOf(hex: string): Words {
  const words = (hex.match(/.{8}/g) ?? []).map(wordOf)
  return words.length === 1 ? [0, 0, MAPPED, words[0]] : (words as unknown as Words)
}

function wordOf(hex: string): number {
  const bytes = Buffer.from(hex, 'hex')
  return endianness() === 'LE' ? bytes.readInt32LE() : bytes.readInt32BE()
}
