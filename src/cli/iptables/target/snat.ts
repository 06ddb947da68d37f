import type { SnatTarget } from '../../../model/netfilter.js'
import { type TargetExtension, Usage } from '../extension.js'
import { flagWords, source, sourceText } from './source.js'

export const snat: TargetExtension<SnatTarget> = {
  name: 'SNAT',
  options: [
    { names: ['to-source'], argument: 'required' },
    { names: ['random'], argument: 'none' },
    { names: ['random-fully'], argument: 'none' },
    { names: ['persistent'], argument: 'none' },
  ],
  help: `SNAT target options:
 --to-source [<ipaddr>[-<ipaddr>]][:port[-port]]
				Address to map source to.
[--random] [--random-fully] [--persistent]
`,
  reader(rule) {
    const usage = new Usage('SNAT', [])
    const target: SnatTarget = {
      kind: 'SNAT',
      addresses: null,
      ports: null,
      random: false,
      randomFully: false,
      persistent: false,
    }
    return {
      take(use) {
        usage.check(use)
        if (use.option === 'to-source') Object.assign(target, source(use.argument, rule))
        else if (use.option === 'random') target.random = true
        else if (use.option === 'random-fully') target.randomFully = true
        else target.persistent = true
      },
      finish() {
        usage.require('to-source')
        return target
      },
    }
  },
  print: (target) => [`to:${sourceText(target.addresses, target.ports)}`, ...flagWords(target)].join(' '),
  save: (target) =>
    [`--to-source ${sourceText(target.addresses, target.ports)}`, ...flagWords(target).map((word) => `--${word}`)].join(
      ' ',
    ),
}
