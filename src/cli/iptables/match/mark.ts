import type { MarkMatch } from '../../../model/netfilter.js'
import { type MatchExtension, Usage } from '../extension.js'
import { hex, MARK_MAX, maskedMark, maskedText } from '../mark.js'

export const mark: MatchExtension<MarkMatch> = {
  name: 'mark',
  options: [{ names: ['mark'], argument: 'required' }],
  help: `mark match options:
[!] --mark value[/mask]    Match nfmark value with optional mask
`,
  reader() {
    const usage = new Usage('mark', ['mark'])
    const match: MarkMatch = { kind: 'mark', mark: { invert: false, value: { value: 0, mask: 0 } } }
    return {
      take(use) {
        usage.check(use)
        match.mark = { invert: use.invert, value: maskedMark('mark', use) }
      },
      finish() {
        usage.require('mark')
        return match
      },
    }
  },
  print: (match) => `mark match ${match.mark.invert ? '! ' : ''}${markText(match)}`,
  save: (match) => `${match.mark.invert ? '! ' : ''}--mark ${markText(match)}`,
}

const markText = ({ mark: { value } }: MarkMatch): string =>
  value.mask === MARK_MAX ? hex(value.value) : maskedText(value)
