/** `-L`: chains and their rules in columns (iptables 1.8.9, xshared.c, print_header). */
import type { TableView } from '../../api/routes.js'
import type { Counters } from '../../commands/command.js'
import type { Chain, RuleTable } from '../../model/netfilter.js'
import { countersById, NO_COUNTERS, shortCount } from './count.js'
import type { ListOptions } from './request.js'
import { type Naming, row } from './rule-row.js'

/** `chains` is one chain or all of them; with `options.at` that rule alone, of the first. */
export function listing(view: TableView, chains: readonly Chain[], options: ListOptions, naming: Naming): string {
  const counters = countersById(view)
  const line = (chain: Chain, i: number) =>
    row(chain.rules[i], i + 1, counters.get(chain.rules[i].id) ?? chain.rules[i], options, naming)
  const { at } = options
  if (at !== null) return at <= chains[0].rules.length ? line(chains[0], at - 1) : ''
  const references = referencesIn(view.table)
  return chains
    .map((chain) => {
      const count = references.get(chain.name) ?? 0
      const title = titleOf(chain, count, counters.get(chain.id) ?? NO_COUNTERS, options)
      return title + header(options) + chain.rules.map((_, i) => line(chain, i)).join('')
    })
    .join('\n')
}

function titleOf({ name, policy }: Chain, references: number, counters: Counters, options: ListOptions): string {
  if (policy === null) return `Chain ${name} (${references} references)\n`
  if (!options.verbose) return `Chain ${name} (policy ${policy})\n`
  const text = options.exact ? String : shortCount
  return `Chain ${name} (policy ${policy} ${text(counters.packets)} packets, ${text(counters.bytes)} bytes)\n`
}

function referencesIn({ chains }: RuleTable): Map<string, number> {
  const counts = new Map<string, number>()
  for (const { rules } of chains)
    for (const { target } of rules)
      if (target.kind === 'JUMP') counts.set(target.chain, (counts.get(target.chain) ?? 0) + 1)
  return counts
}

function header({ lineNumbers, verbose, exact }: ListOptions): string {
  const counters = exact ? '    pkts      bytes ' : ' pkts bytes '
  const number = lineNumbers ? 'num  ' : ''
  const interfaces = verbose ? ' in     out    ' : ''
  return `${number}${verbose ? counters : ''}target     prot opt${interfaces} source               destination         \n`
}
