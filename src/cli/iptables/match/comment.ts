import type { CommentMatch } from '../../../model/netfilter.js'
import { misuse } from '../complaint.js'
import { type MatchExtension, Usage } from '../extension.js'
import { quoted } from '../quote.js'

/** XT_MAX_COMMENT_LEN less the closing zero. The real tool cuts what is longer. */
const LONGEST = 255

export const comment: MatchExtension<CommentMatch> = {
  name: 'comment',
  options: [{ names: ['comment'], argument: 'required' }],
  help: `comment match options:
--comment COMMENT             Attach a comment to a rule
`,
  reader() {
    const usage = new Usage('comment', [])
    let text = ''
    return {
      take(use) {
        usage.check(use)
        text = use.argument
        if (Buffer.byteLength(text) > LONGEST) throw misuse(`comment: longer than ${LONGEST} bytes`)
        if (text.includes('\n')) throw misuse('comment: a line break in it could not be restored')
      },
      finish() {
        usage.require('comment')
        return { kind: 'comment', text }
      },
    }
  },
  print: ({ text }) => `/* ${text} */`,
  save: ({ text }) => `--comment ${quoted(text)}`,
}
