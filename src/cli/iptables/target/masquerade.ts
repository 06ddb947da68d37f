import type { MasqueradeTarget } from '../../../model/netfilter.js'
import { type TargetExtension, Usage } from '../extension.js'
import { flagWords, portsText, sourcePorts } from './source.js'

export const masquerade: TargetExtension<MasqueradeTarget> = {
  name: 'MASQUERADE',
  options: [
    { names: ['to-ports'], argument: 'required' },
    { names: ['random'], argument: 'none' },
    { names: ['random-fully'], argument: 'none' },
  ],
  help: `MASQUERADE target options:
 --to-ports <port>[-<port>]
				Port (range) to map to.
 --random
				Randomize source port.
 --random-fully
				Fully randomize source port.
`,
  reader(rule) {
    const usage = new Usage('MASQUERADE', [])
    const target: MasqueradeTarget = { kind: 'MASQUERADE', ports: null, random: false, randomFully: false }
    return {
      take(use) {
        usage.check(use)
        if (use.option === 'to-ports') target.ports = sourcePorts(use.argument, rule)
        else if (use.option === 'random') target.random = true
        else target.randomFully = true
      },
      finish: () => target,
    }
  },
  print: (target) => words(target, 'masq ports: ', ''),
  save: (target) => words(target, '--to-ports ', '--'),
}

const words = (target: MasqueradeTarget, portsName: string, dashes: string): string =>
  [
    ...(target.ports ? [`${portsName}${portsText(target.ports)}`] : []),
    ...flagWords({ ...target, persistent: false }).map((word) => `${dashes}${word}`),
  ].join(' ')
