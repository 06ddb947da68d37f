/** Ports that sockets of this network namespace hold, and the window that its own connections are kept to. */
import type { Settings } from './settings.js'
import type { LocalPorts, PortWindow } from './spec.js'

const RANGE = 'net/ipv4/ip_local_port_range'
const RESERVED = 'net/ipv4/ip_local_reserved_ports'
/** Ports left to the director's own connections while the rest may serve as sources. */
const WINDOW = 4096
const PORTS = 65_536

/** Local ports of every TCP and UDP socket, bound, listening or connected, but those in TIME_WAIT. */
export const localPorts = (read: (file: string) => string): LocalPorts => ({
  tcp: readPorts(['/proc/net/tcp', '/proc/net/tcp6'].map(read)),
  udp: readPorts(['/proc/net/udp', '/proc/net/udp6'].map(read)),
})

function readPorts(texts: string[]): Uint32Array {
  const TIME_WAIT = '06'
  const bits = new Uint32Array(PORTS / 32)
  for (const text of texts)
    for (const line of text.split('\n').slice(1)) {
      const [, local, , state] = line.trim().split(/\s+/)
      if (local === undefined || state === TIME_WAIT) continue
      const port = Number.parseInt(local.slice(local.lastIndexOf(':') + 1), 16)
      bits[port >>> 5] |= 1 << (port & 31)
    }
  return bits
}

/**
 * Keeps the host's automatically chosen ports to a window at the upper end of its range, so that they never meet a
 * source port of a balanced connection; returns the window. `settings` puts the range back.
 */
export function confineLocalPorts(settings: Settings): PortWindow {
  const [from, to] = (settings.original(RANGE) ?? '32768\t60999').split(/\s+/).map(Number)
  const window = { from: Math.max(from, to - WINDOW + 1), to }
  const reserved = settings.original(RESERVED)
  const outside = window.from > from ? `${from}-${window.from - 1}` : ''
  settings.set(RESERVED, [reserved, outside].filter(Boolean).join(','))
  return window
}

/** The window's ports, as local ones. */
export function addWindow(ports: LocalPorts, window: PortWindow): LocalPorts {
  for (let port = window.from; port <= window.to; port++) {
    ports.tcp[port >>> 5] |= 1 << (port & 31)
    ports.udp[port >>> 5] |= 1 << (port & 31)
  }
  return ports
}
