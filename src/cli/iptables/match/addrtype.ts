/** The addrtype match: what kind of address this host takes one for (iptables 1.8.9, extensions/libxt_addrtype.c). */
import { ADDRESS_TYPES, type AddressType, type AddrtypeMatch, type Negatable } from '../../../model/netfilter.js'
import { misuse } from '../complaint.js'
import { type MatchExtension, Usage } from '../extension.js'

export const addrtype: MatchExtension<AddrtypeMatch> = {
  name: 'addrtype',
  options: [
    { names: ['src-type'], argument: 'required' },
    { names: ['dst-type'], argument: 'required' },
    { names: ['limit-iface-in'], argument: 'none', unsupported: true },
    { names: ['limit-iface-out'], argument: 'none', unsupported: true },
  ],
  help: `Address type match options:
 [!] --src-type type[,...]      Match source address type
 [!] --dst-type type[,...]      Match destination address type
     --limit-iface-in           Match only on the packet's incoming device
     --limit-iface-out          Match only on the packet's outgoing device

Valid types:           
${ADDRESS_TYPES.map((name) => `                                ${name}\n`).join('')}`,
  reader() {
    const usage = new Usage('addrtype', ['src-type', 'dst-type'])
    const match: AddrtypeMatch = { kind: 'addrtype', source: null, destination: null }
    return {
      take(use) {
        usage.check(use)
        const side = use.option === 'src-type' ? 'source' : 'destination'
        match[side] = { invert: use.invert, value: typesOf(use.argument) }
      },
      finish() {
        if (!match.source && !match.destination) throw misuse('addrtype: you must specify --src-type or --dst-type')
        return match
      },
    }
  },
  print: (match) =>
    `ADDRTYPE match ${sides(match, (name, { invert }, types) => `${name} ${invert ? '!' : ''}${types}`)}`,
  save: (match) => sides(match, (name, { invert }, types) => `${invert ? '! ' : ''}--${name} ${types}`),
}

/** In the order of listings, each once. */
function typesOf(text: string): AddressType[] {
  const parts = text.split(',')
  const names = parts.map((part, i) => typeOf(part, i === parts.length - 1 ? `"${part}"` : badName(parts, i)))
  return ADDRESS_TYPES.filter((type) => names.includes(type))
}

/** A beginning of a name will do. */
function typeOf(part: string, shown: string): AddressType {
  const found = part === '' ? undefined : ADDRESS_TYPES.find((name) => name.startsWith(part.toUpperCase()))
  if (found === undefined) throw misuse(`addrtype: bad type ${shown}`)
  return found
}

/** Where a comma follows, the tool shows the rest of the list too. */
const badName = (parts: readonly string[], from: number): string => `\`${parts.slice(from).join(',')}'`

type Side = Negatable<AddressType[]>

const sides = (
  { source, destination }: AddrtypeMatch,
  one: (name: string, side: Side, types: string) => string,
): string =>
  [
    ...(source ? [one('src-type', source, source.value.join(','))] : []),
    ...(destination ? [one('dst-type', destination, destination.value.join(','))] : []),
  ].join(' ')
