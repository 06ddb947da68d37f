/** -i and -o: a name, or its beginning with `+`. */
import type { Negatable } from '../../model/netfilter.js'
import { misuse } from './complaint.js'

/** IFNAMSIZ less the closing zero. */
const LONGEST = 15

/** null: `+` is every interface, which is no condition. */
export function interfaceName(name: string, invert: boolean): Negatable<string> | null {
  if (name === '') throw misuse('Empty interface is likely to be undesired')
  if (Buffer.byteLength(name) > LONGEST)
    throw misuse(`interface name \`${name}' must be shorter than IFNAMSIZ (${LONGEST})`)
  if (/[/\s]/.test(name)) throw misuse(`interface name \`${name}': '/' and white space are not allowed by the kernel`)
  return name === '+' && !invert ? null : { invert, value: name }
}
