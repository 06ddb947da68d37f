/** The tcp match (iptables 1.8.9, extensions/libxt_tcp.c). */
import type { TcpFlags, TcpMatch } from '../../../model/netfilter.js'
import { misuse } from '../complaint.js'
import type { MatchExtension, OptionUse, Printing } from '../extension.js'
import { port, span, wholeNumber } from '../value.js'
import { isAny, onlyOnce, PORT_OPTIONS, portReader, printPorts, savePorts } from './port-match.js'

/** By bit, in the order in which they are shown. */
const FLAGS = ['FIN', 'SYN', 'RST', 'PSH', 'ACK', 'URG'] as const
const BITS: Readonly<Record<string, number>> = {
  ...Object.fromEntries(FLAGS.map((name, i) => [name, 1 << i])),
  ALL: 0x3f,
  NONE: 0,
}
const SYN: TcpFlags = { mask: flagsOf('SYN,RST,ACK,FIN'), set: flagsOf('SYN') }
const OPTION_MAX = 0xff

export const tcp: MatchExtension<TcpMatch> = {
  name: 'tcp',
  options: [
    ...PORT_OPTIONS,
    { names: ['syn'], argument: 'none' },
    { names: ['tcp-flags'], argument: 'required', second: true },
    { names: ['tcp-option'], argument: 'required' },
  ],
  help: `tcp match options:
[!] --tcp-flags mask comp	match when TCP flags & mask == comp
				(Flags: SYN ACK FIN RST URG PSH ALL NONE)
[!] --syn			match when only SYN flag set
				(equivalent to --tcp-flags SYN,RST,ACK,FIN SYN)
[!] --source-port port[:port]
 --sport ...
				match source port(s)
[!] --destination-port port[:port]
 --dport ...
				match destination port(s)
[!] --tcp-option number        match if TCP option set
`,
  reader({ lookup }) {
    const once = onlyOnce()
    const ports = portReader('tcp', once, (text) => {
      const found = span(text, (part) => port(part, 'tcp', lookup))
      return isAny(found) ? null : found
    })
    const match: Pick<TcpMatch, 'flags' | 'option'> = { flags: null, option: null }
    return {
      take(use) {
        if (use.option === 'tcp-option') {
          once(use)
          match.option = { invert: use.invert, value: optionOf(use.argument) }
        } else if (use.option === 'syn' || use.option === 'tcp-flags') {
          if (match.flags) throw misuse("Only one of `--syn' or `--tcp-flags'  allowed")
          match.flags = { invert: use.invert, value: flagsGiven(use) }
        } else ports.take(use)
      },
      finish() {
        const { source, destination } = ports.finish()
        return { kind: 'tcp', source, destination, option: match.option, flags: isShown(match) ? match.flags : null }
      },
    }
  },
  print: (match, printing) =>
    [
      printPorts(match, printing),
      ...(match.option ? [`option=${match.option.invert ? '!' : ''}${match.option.value}`] : []),
      ...(match.flags ? [`flags:${match.flags.invert ? '!' : ''}${flagsText(match.flags.value, printing)}`] : []),
    ].join(' '),
  save: (match) =>
    [
      savePorts(match),
      match.option ? `${match.option.invert ? '! ' : ''}--tcp-option ${match.option.value}` : '',
      match.flags ? `${match.flags.invert ? '! ' : ''}--tcp-flags ${savedFlags(match.flags.value)}` : '',
    ]
      .filter((text) => text !== '')
      .join(' '),
}

const flagsGiven = ({ option, argument, second }: OptionUse): TcpFlags =>
  option === 'syn' ? SYN : { mask: flagsOf(argument), set: flagsOf(second) }

/** Of no flag at all every segment has none. */
const isShown = ({ flags }: Pick<TcpMatch, 'flags'>): boolean =>
  flags !== null && (flags.invert || flags.value.mask !== 0 || flags.value.set !== 0)

function flagsOf(text: string): number {
  const names = text.split(',').filter((name) => name !== '')
  return names.reduce((bits, name) => {
    const key = name.toUpperCase()
    if (!Object.hasOwn(BITS, key)) throw misuse(`Unknown TCP flag \`${name}'`)
    return bits | BITS[key]
  }, 0)
}

function optionOf(text: string): number {
  const number = wholeNumber(text, 1, OPTION_MAX)
  if (number === null) throw misuse(`Bad TCP option "${text}"`)
  return number
}

const namesOf = (bits: number): string => FLAGS.filter((name) => bits & BITS[name]).join(',') || 'NONE'

const hex = (bits: number): string => `0x${bits.toString(16).toUpperCase().padStart(2, '0')}`

const flagsText = ({ mask, set }: TcpFlags, { numeric }: Printing): string =>
  numeric ? `${hex(mask)}/${hex(set)}` : `${namesOf(mask)}/${namesOf(set)}`

const savedFlags = ({ mask, set }: TcpFlags): string => `${namesOf(mask)} ${namesOf(set)}`
