/** ACCEPT, DROP and RETURN: targets without options (the tool's "standard" target). */
import type { Target } from '../../../model/netfilter.js'
import type { TargetExtension } from '../extension.js'

const verdict = (kind: 'ACCEPT' | 'DROP' | 'RETURN'): TargetExtension<Target> => ({
  name: kind,
  options: [],
  help: `standard match options:
(If target is DROP, ACCEPT, RETURN or nothing)
`,
  reader: () => ({ take() {}, finish: () => ({ kind }) }),
  print: () => '',
  save: () => '',
})

export const accept = verdict('ACCEPT')
export const drop = verdict('DROP')
export const returns = verdict('RETURN')
