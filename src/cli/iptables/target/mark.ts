/** MARK: every form of the option ends as a value and a mask (iptables 1.8.9, extensions/libxt_MARK.c). */
import type { MarkTarget } from '../../../model/netfilter.js'
import { misuse } from '../complaint.js'
import { type OptionUse, type TargetExtension, Usage } from '../extension.js'
import { bits, hex, MARK_MAX, maskedMark, maskedText } from '../mark.js'

const NAME = 'MARK'
const OPTIONS = ['set-xmark', 'set-mark', 'and-mark', 'or-mark', 'xor-mark']

export const markTarget: TargetExtension<MarkTarget> = {
  name: NAME,
  options: OPTIONS.map((name) => ({ names: [name], argument: 'required' })),
  help: `MARK target options:
  --set-xmark value[/mask]  Clear bits in mask and XOR value into nfmark
  --set-mark value[/mask]   Clear bits in mask and OR value into nfmark
  --and-mark bits           Binary AND the nfmark with bits
  --or-mark bits            Binary OR the nfmark with bits
  --xor-mark bits           Binary XOR the nfmark with bits
`,
  reader() {
    const usage = new Usage(NAME, [])
    let target: MarkTarget | null = null
    return {
      take(use) {
        usage.check(use)
        target = { kind: NAME, ...markOf(use) }
      },
      finish() {
        usage.exclude(OPTIONS)
        if (!target) throw misuse('MARK: One of the --set-xmark, --{and,or,xor,set}-mark options is required')
        return target
      },
    }
  },
  print: (target) => `MARK ${printed(target)}`,
  save: (target) => `--set-xmark ${maskedText(target)}`,
}

function markOf(use: OptionUse): { value: number; mask: number } {
  if (use.option === 'set-xmark') return maskedMark(NAME, use)
  if (use.option === 'set-mark') {
    const { value, mask } = maskedMark(NAME, use)
    return { value, mask: (mask | value) >>> 0 }
  }
  const word = bits(NAME, use)
  if (use.option === 'and-mark') return { value: 0, mask: ~word >>> 0 }
  return { value: word, mask: use.option === 'or-mark' ? word : 0 }
}

function printed(target: MarkTarget): string {
  const { value, mask } = target
  if (value === 0) return `and ${hex(~mask >>> 0)}`
  if (value === mask) return `or ${hex(value)}`
  if (mask === 0) return `xor ${hex(value)}`
  return mask === MARK_MAX ? `set ${hex(value)}` : `xset ${maskedText(target)}`
}
