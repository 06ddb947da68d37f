/** Command lines to the state they make, by the programs' own parsers: as an administrator would get there. */

import { parse as parseFullnat } from '../../src/cli/fullnat/options.js'
import { parse as parseIptables } from '../../src/cli/iptables/parse.js'
import { parse as parseIpvsadm } from '../../src/cli/ipvsadm/parse.js'
import { systemNames } from '../../src/cli/name/names.js'
import { apply } from '../../src/commands/apply.js'
import type { Command } from '../../src/commands/command.js'
import type { State } from '../../src/model/state.js'

/** Names of ports and protocols; hosts are numbers here. */
const lookup = {
  ports: systemNames.ports,
  protocols: systemNames.protocols,
  host: () => null,
  hosts: () => [],
}

/** The state after `line`. Throws what the parser or `apply` throws. */
export const changed = (state: State, line: string): State => commandsOf(line).reduce(apply, state)

function commandsOf(line: string): Command[] {
  const [program, ...words] = line.split(' ')
  if (program === 'ipvsadm') {
    const request = parseIpvsadm(words, lookup)
    if (request.kind === 'change') return [request.command]
  } else if (program === 'fullnat') {
    const request = parseFullnat(words)
    if (request.command === 'set') return [settingsOf(request.assignments)]
  } else if (program === 'iptables' || program === 'ip6tables') {
    const family = program === 'iptables' ? 4 : 6
    const origin = { program: { name: program, family }, table: 'filter', restore: false, warn: () => {} } as const
    const request = parseIptables(words, origin, lookup)
    if (request.kind === 'change') return request.changes
  }
  throw new Error(`changes nothing: ${line}`)
}

const settingsOf = (assignments: readonly { name: string; value: string | null }[]): Command => ({
  kind: 'settings.set',
  settings: Object.fromEntries(assignments.map(({ name, value }) => [name, value ?? ''])),
})
