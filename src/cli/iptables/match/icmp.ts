/** The matches of ICMP and ICMPv6 (iptables 1.8.9, extensions/libxt_icmp.h). */
import type { IcmpMatch, IcmpType, Negatable } from '../../../model/netfilter.js'
import { misuse } from '../complaint.js'
import { type MatchExtension, Usage } from '../extension.js'
import { wholeNumber } from '../value.js'
import { ANY_CODE, ICMP_NAMES, ICMP6_NAMES, type NamedType } from './icmp-names.js'

const BYTE_MAX = 0xff
const ANY_TYPE = 255

interface Dialect {
  kind: IcmpMatch['kind']
  /** As complaints call it. */
  title: string
  option: string
  /** As listings call it. */
  shown: string
  names: readonly NamedType[]
  help: string
}

const dialect = ({ kind, title, option, shown, names, help }: Dialect): MatchExtension<IcmpMatch> => ({
  name: kind,
  options: [{ names: [option], argument: 'required' }],
  help: `${help}${names.map((one, i) => nameLine(one, names[i + 1])).join('')}`,
  reader() {
    const usage = new Usage(kind, [option])
    let message: Negatable<IcmpType> = { invert: false, value: { type: 0, codes: ANY_CODE } }
    return {
      take(use) {
        usage.check(use)
        message = { invert: use.invert, value: typeOf(use.argument, names, title) }
      },
      finish() {
        usage.require(option)
        return { kind, message }
      },
    }
  },
  print({ message: { invert, value } }, { numeric }) {
    const named = numeric ? undefined : names.find((one) => isSame(one, value))
    const text = named ? named.name : `type ${value.type}${codesText(value)}`
    return `${shown}${named || invert ? ' ' : ''}${invert ? '!' : ''}${text}`
  },
  save: ({ message: { invert, value } }) => `${invert ? '! ' : ''}--${option} ${saved(value, kind)}`,
})

export const icmp = dialect({
  kind: 'icmp',
  title: 'ICMP',
  option: 'icmp-type',
  shown: 'icmp',
  names: ICMP_NAMES,
  help: `icmp match options:
[!] --icmp-type typename	match icmp type
[!] --icmp-type type[/code]	(or numeric type or type/code)
Valid ICMP Types:`,
})

export const icmp6 = dialect({
  kind: 'icmp6',
  title: 'ICMPv6',
  option: 'icmpv6-type',
  shown: 'ipv6-icmp',
  names: ICMP6_NAMES,
  help: `icmpv6 match options:
[!] --icmpv6-type typename	match icmpv6 type
				(or numeric type or type/code)
Valid ICMPv6 Types:`,
})

/** A name, or the beginning of one; else `type` or `type/code`. */
function typeOf(text: string, names: readonly NamedType[], title: string): IcmpType {
  const [found, other] = names.filter(({ name }) => name.toLowerCase().startsWith(text.toLowerCase()))
  if (other) throw misuse(`Ambiguous ${title} type \`${text}': \`${found.name}' or \`${other.name}'?`)
  if (found) return { type: found.type, codes: found.codes }
  const slash = text.indexOf('/')
  const type = wholeNumber(slash < 0 ? text : text.slice(0, slash), 0, BYTE_MAX)
  if (type === null) throw misuse(`Unknown ${title} type \`${text}'`)
  if (slash < 0) return { type, codes: ANY_CODE }
  const code = wholeNumber(text.slice(slash + 1), 0, BYTE_MAX)
  if (code === null) throw misuse(`Unknown ${title} code \`${text}'`)
  return { type, codes: { from: code, to: code } }
}

const isSame = (a: IcmpType, b: IcmpType): boolean =>
  a.type === b.type && a.codes.from === b.codes.from && a.codes.to === b.codes.to

function isAnyCode({ codes }: IcmpType): boolean {
  return codes.from === 0 && codes.to === ANY_CODE.to
}

const codesText = (one: IcmpType): string => (isAnyCode(one) ? '' : ` code ${one.codes.from}`)

function saved(one: IcmpType, kind: IcmpMatch['kind']): string {
  if (kind === 'icmp' && one.type === ANY_TYPE) return 'any'
  return isAnyCode(one) ? `${one.type}` : `${one.type}/${one.codes.from}`
}

/** Codes are indented under their type; another name of the same stands in brackets behind it. */
function nameLine(one: NamedType, next: NamedType | undefined): string {
  if (one.alias) return ` (${one.name})${next ? '' : '\n'}`
  return `\n${isAnyCode(one) ? '' : '   '}${one.name}${next ? '' : '\n'}`
}
