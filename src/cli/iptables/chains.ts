/** The chains of a table as every listing has them: built-in ones first, the others by name. */
import type { Chain, RuleTable } from '../../model/netfilter.js'

export const userChains = ({ chains }: RuleTable): Chain[] =>
  chains.filter(({ policy }) => policy === null).sort((a, b) => (a.name < b.name ? -1 : 1))

export const shownChains = (table: RuleTable): Chain[] => [
  ...table.chains.filter(({ policy }) => policy !== null),
  ...userChains(table),
]
