/** The multiport match: up to 15 ports, a range counts for two (iptables 1.8.9, extensions/libxt_multiport.c). */
import type { MultiportMatch, PortSpan, RuleSpec } from '../../../model/netfilter.js'
import { misuse } from '../complaint.js'
import { type MatchExtension, type RuleSoFar, Usage } from '../extension.js'
import { port } from '../value.js'

/** XT_MULTI_PORTS */
const PORTS_MAX = 15
const SIDES = { 'source-ports': 'source', 'destination-ports': 'destination', ports: 'either' } as const
const WORDS = { source: 'sports', destination: 'dports', either: 'ports' } as const
const PROTOCOLS: Readonly<Record<number, string>> = { 6: 'tcp', 17: 'udp', 136: 'udplite', 132: 'sctp', 33: 'dccp' }

export const multiport: MatchExtension<MultiportMatch> = {
  name: 'multiport',
  options: [
    { names: ['source-ports', 'sports'], argument: 'required' },
    { names: ['destination-ports', 'dports'], argument: 'required' },
    { names: ['ports'], argument: 'required' },
  ],
  help: `multiport match options:
[!] --source-ports port[,port:port,port...]
 --sports ...
				match source port(s)
[!] --destination-ports port[,port:port,port...]
 --dports ...
				match destination port(s)
[!] --ports port[,port:port,port]
				match both source and destination port(s)
`,
  reader(rule) {
    const usage = new Usage('multiport', Object.keys(SIDES))
    let match: MultiportMatch | null = null
    return {
      take(use) {
        usage.check(use)
        const protocol = protocolOf(rule)
        const side = SIDES[use.option as keyof typeof SIDES]
        const value = spans(use.argument, (text) => port(text, protocol, rule.lookup))
        match = { kind: 'multiport', side, ports: { invert: use.invert, value } }
      },
      finish() {
        usage.exclude(Object.keys(SIDES))
        if (!match) throw misuse('multiport expection an option')
        return match
      },
    }
  },
  print({ side, ports }, printing, { protocol }: RuleSpec) {
    const name = (number: number) => printing.port(number, PROTOCOLS[protocol.value] ?? '')
    return `multiport ${WORDS[side]} ${ports.invert ? ' !' : ''}${joined(ports.value, name)}`
  },
  save: ({ side, ports }) => `${ports.invert ? '! ' : ''}--${WORDS[side]} ${joined(ports.value, String)}`,
}

function protocolOf({ protocol }: RuleSoFar): string {
  const name = PROTOCOLS[protocol.value]
  if (name && !protocol.invert) return name
  throw protocol.value === 0 && !protocol.invert
    ? misuse("multiport needs `-p tcp', `-p udp', `-p udplite', `-p sctp' or `-p dccp'")
    : misuse('multiport only works with TCP, UDP, UDPLITE, SCTP and DCCP')
}

function spans(text: string, one: (text: string) => number): PortSpan[] {
  let count = 0
  return text.split(',').map((part) => {
    const [from, to] = split(part)
    count += to === null ? 1 : 2
    if (count > PORTS_MAX) throw misuse('too many ports specified')
    const first = one(from)
    const last = to === null ? first : one(to)
    if (to !== null && first >= last) throw misuse('invalid portrange specified')
    return { from: first, to: last }
  })
}

function split(part: string): [string, string | null] {
  const colon = part.indexOf(':')
  return colon < 0 ? [part, null] : [part.slice(0, colon), part.slice(colon + 1)]
}

const joined = (ports: readonly PortSpan[], name: (port: number) => string): string =>
  ports.map(({ from, to }) => (from === to ? name(from) : `${name(from)}:${name(to)}`)).join(',')
