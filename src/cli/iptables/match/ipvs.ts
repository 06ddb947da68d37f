/** The ipvs match: packets of balanced connections (iptables 1.8.9, extensions/libxt_ipvs.c). */
import type { Family } from '../../../address/words.js'
import type { IpvsMatch, Negatable, Prefix } from '../../../model/netfilter.js'
import { ambiguityOf, canonical, contiguousMask, fullLength, shortPrefixText } from '../address.js'
import { misuse } from '../complaint.js'
import { type MatchExtension, type OptionUse, type RuleSoFar, Usage } from '../extension.js'
import { anyPort, protocolNumber, wholeNumber } from '../value.js'

const METHODS = ['GATE', 'IPIP', 'MASQ'] as const
const DIRECTIONS = ['ORIGINAL', 'REPLY'] as const

export const ipvs: MatchExtension<IpvsMatch> = {
  name: 'ipvs',
  options: [
    { names: ['ipvs'], argument: 'none' },
    { names: ['vproto'], argument: 'required' },
    { names: ['vaddr'], argument: 'required' },
    { names: ['vport'], argument: 'required' },
    { names: ['vdir'], argument: 'required' },
    { names: ['vmethod'], argument: 'required' },
    { names: ['vportctl'], argument: 'required' },
  ],
  help: `IPVS match options:
[!] --ipvs                      packet belongs to an IPVS connection

Any of the following options implies --ipvs (even negated)
[!] --vproto protocol           VIP protocol to match; by number or name,
                                e.g. "tcp"
[!] --vaddr address[/mask]      VIP address to match
[!] --vport port                VIP port to match; by number or name,
                                e.g. "http"
    --vdir {ORIGINAL|REPLY}     flow direction of packet
[!] --vmethod {GATE|IPIP|MASQ}  IPVS forwarding method used
[!] --vportctl port             VIP port of the controlling connection to
                                match, e.g. 21 for FTP
`,
  reader(rule) {
    const usage = new Usage('ipvs', ['ipvs', 'vproto', 'vaddr', 'vport', 'vmethod', 'vportctl'])
    const match = nothing()
    return {
      take(use) {
        usage.check(use)
        set(match, use, rule)
      },
      finish: () => checked(match),
    }
  },
  print: (match, { family, numeric, host }) =>
    terms(match, family, (address, length) => {
      if (!numeric && length === 0 && isUnspecified(address)) return 'anywhere'
      return shortPrefixText(numeric ? address : host(address), length, family)
    }),
  save: (match, family) => terms(match, family, (address, length) => shortPrefixText(address, length, family), '--'),
}

const isUnspecified = (address: string): boolean => address === '0.0.0.0' || address === '::'

const nothing = (): IpvsMatch => ({
  kind: 'ipvs',
  ipvs: null,
  protocol: null,
  address: null,
  port: null,
  direction: null,
  method: null,
  controlPort: null,
})

function set(match: IpvsMatch, { option, argument, invert }: OptionUse, rule: RuleSoFar): void {
  switch (option) {
    case 'ipvs':
      match.ipvs = { invert }
      break
    case 'vproto':
      match.protocol = { invert, value: protocolNumber(argument, rule.lookup) }
      break
    case 'vaddr':
      match.address = { invert, value: virtualAddress(argument, rule) }
      break
    case 'vport':
      match.port = { invert, value: anyPort(argument, rule.lookup) }
      break
    case 'vdir':
      match.direction = oneOf(DIRECTIONS, option, argument)
      break
    case 'vmethod':
      match.method = { invert, value: oneOf(METHODS, option, argument) }
      break
    case 'vportctl':
      match.controlPort = { invert, value: anyPort(argument, rule.lookup) }
  }
}

/** --ipvs beside another option is implied by it and left out. */
function checked(match: IpvsMatch): IpvsMatch {
  const { kind, ipvs, ...others } = match
  const isAlone = Object.values(others).every((term) => term === null)
  if (isAlone && !ipvs) throw misuse('IPVS: At least one option is required')
  if (isAlone) return match
  if (ipvs?.invert) throw misuse('! --ipvs cannot be together with other options')
  return { ...match, ipvs: null }
}

function oneOf<const T extends string>(values: readonly T[], option: string, text: string): T {
  const found = values.find((value) => value === text.toUpperCase())
  if (found === undefined) throw misuse(`ipvs: Bad value for "--${option}" option: "${text}"`)
  return found
}

/** The bits outside of the mask are kept, as listings show them. */
function virtualAddress(text: string, { family, lookup }: RuleSoFar): Prefix {
  const slash = text.indexOf('/')
  const host = slash < 0 ? text : text.slice(0, slash)
  const address = canonical(host, family) ?? resolved(host, family, lookup.hosts)
  return { address, length: slash < 0 ? fullLength(family) : maskLength(text.slice(slash + 1), family) }
}

function resolved(host: string, family: Family, hosts: (name: string) => readonly string[]): string {
  const trap = family === 4 ? ambiguityOf(host) : ''
  if (trap) throw misuse(`ipvs: "${host}" is no address: ${trap}\n`)
  if (host.includes(':') || canonical(host, 4)) throw misuse('getaddrinfo: Address family for hostname not supported\n')
  const found = new Set(host === '' ? [] : hosts(host))
  if (found.size === 0) throw misuse('getaddrinfo: Name or service not known\n')
  if (found.size > 1) throw misuse(`${host} resolves to more than one address\n`)
  return [...found][0]
}

function maskLength(text: string, family: Family): number {
  const longest = fullLength(family)
  const length = wholeNumber(text, 0, longest) ?? contiguousMask(text, family)
  if (length === null)
    throw misuse(`ipvs: bad value for option "--vaddr", neither a valid network mask nor valid CIDR (0-${longest}).\n`)
  return length
}

/** Every term in the order the tool always shows them in. */
function terms(
  match: IpvsMatch,
  family: Family,
  addressText: (address: string, length: number | string, family: Family) => string,
  dashes = '',
): string {
  const text: string[] = []
  const term = (name: string, term: { invert: boolean } | null, value = '') => {
    if (term) text.push(`${term.invert ? '! ' : ''}${dashes}${name}${value}`)
  }
  const number = (name: string, one: Negatable<number> | null) => term(name, one, ` ${one?.value}`)
  const { address } = match
  term('ipvs', match.ipvs)
  number('vproto', match.protocol)
  term('vaddr', address, address ? ` ${addressText(address.value.address, address.value.length, family)}` : '')
  number('vport', match.port)
  term('vdir', match.direction && { invert: false }, ` ${match.direction}`)
  term('vmethod', match.method, ` ${match.method?.value}`)
  number('vportctl', match.controlPort)
  return text.join(' ')
}
