/** What the matches of tcp, udp and sctp have in common: `--sport` and `--dport`. */
import type { Negatable, PortMatch, PortSpan, SctpMatch, TcpMatch } from '../../../model/netfilter.js'
import { misuse } from '../complaint.js'
import type { ExtensionOption, ExtensionReader, OptionUse, Printing } from '../extension.js'
import { PORT_MAX } from '../value.js'

const SOURCE = 'source-port'
const DESTINATION = 'destination-port'

export const PORT_OPTIONS: readonly ExtensionOption[] = [
  { names: [SOURCE, 'sport'], argument: 'required' },
  { names: [DESTINATION, 'dport'], argument: 'required' },
]
export const INVERTIBLE: readonly string[] = [SOURCE, DESTINATION]

type Ports = Pick<PortMatch | SctpMatch | TcpMatch, 'kind' | 'source' | 'destination'>

/** `read` gives the ports of an argument, null for "any port, as if not said". */
export function portReader<K extends Ports['kind']>(
  kind: K,
  check: (use: OptionUse) => void,
  read: (argument: string) => PortSpan | null,
): ExtensionReader<Ports & { kind: K }> {
  const match: Ports & { kind: K } = { kind, source: null, destination: null }
  return {
    take(use) {
      check(use)
      const value = read(use.argument)
      if (use.invert && (value === null || isAny(value)))
        throw misuse(`a packet without a port: \`! --${use.option} ${use.argument}' would never match`)
      match[use.option === SOURCE ? 'source' : 'destination'] = value && { invert: use.invert, value }
    },
    finish: () => match,
  }
}

/** tcp's and sctp's own words for an option given twice. */
export function onlyOnce(): (use: OptionUse) => void {
  const used = new Set<string>()
  return ({ option }) => {
    if (used.has(option)) throw misuse(`Only one \`--${option}' allowed`)
    used.add(option)
  }
}

export const isAny = ({ from, to }: PortSpan): boolean => from === 0 && to === PORT_MAX

export function printPorts(match: Ports, printing: Printing): string {
  const side = (name: string, ports: Negatable<PortSpan> | null): string => {
    if (ports === null || isAny(ports.value)) return ''
    const { from, to } = ports.value
    const not = ports.invert ? '!' : ''
    const first = printing.port(from, match.kind)
    return from === to ? ` ${name}:${not}${first}` : ` ${name}s:${not}${first}:${printing.port(to, match.kind)}`
  }
  return `${match.kind}${side('spt', match.source)}${side('dpt', match.destination)}`
}

export function savePorts(match: Ports): string {
  const side = (name: string, ports: Negatable<PortSpan> | null): string[] => {
    if (ports === null) return []
    const { from, to } = ports.value
    return [`${ports.invert ? '! ' : ''}--${name} ${from === to ? from : `${from}:${to}`}`]
  }
  return [...side('sport', match.source), ...side('dport', match.destination)].join(' ')
}
