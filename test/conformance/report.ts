/** docs/conformance.md: every case, equal or different and why. The same results make the same page. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { checkout } from '../netns/lab.js'
import type { Result } from './result.js'
import type { Scenario } from './scenario.js'

const HEAD = `# fullnat beside real LVS

Written by \`npm run conformance\`. A scenario is a script in [test/conformance/scenario](../test/conformance/scenario): it lays
out a network, types \`ipvsadm\` and \`iptables\`, sends packets and prints what came of each step. The same script runs on real
LVS (Linux 6.1, ipvsadm 1.31, iptables 1.8.9) and on fullnat, and what both print is compared to the letter: packets with their
addresses, ports, sequence numbers, TTL, flags, options and payload; lists, states, timers, counters, messages. Command files are in
[test/compat/commands](../test/compat/commands), each line with its answer and exit status. Why a case differs stands in
[differences.md](differences.md) under the title given.
`

export function writeReport(list: readonly Scenario[], scenarioResults: Result[], commandResults: Result[]): void {
  const page = [
    HEAD,
    totals(scenarioResults, commandResults),
    '## Scenarios\n',
    ...list.map((scenario) => section(scenario, of(scenarioResults, scenario.name))),
    '## Commands\n',
    ...groups(commandResults).map((group) => commandSection(group, of(commandResults, group))),
  ]
  writeFileSync(join(checkout, 'docs/conformance.md'), page.join('\n'))
}

const of = (results: readonly Result[], name: string): Result[] => results.filter(({ group }) => group === name)
const groups = (results: readonly Result[]): string[] => [...new Set(results.map(({ group }) => group))]
const equalIn = (results: readonly Result[]): number => results.filter(({ equal }) => equal).length

/** The command files that hold the lines which fullnat answers otherwise on purpose. */
const isChosen = ({ group }: Result): boolean => group.endsWith('-differences')

function totals(scenarioResults: Result[], commandResults: Result[]): string {
  const all = [...scenarioResults, ...commandResults]
  const row = (name: string, results: Result[]) => {
    const equal = equalIn(results)
    const percent = ((100 * equal) / results.length).toFixed(1)
    return `| ${name} | ${results.length} | ${equal} | ${results.length - equal} | ${percent} % |`
  }
  const commands = commandResults.filter((result) => !isChosen(result))
  return [
    '| cases | all | equal | different | equal |',
    '|---|---|---|---|---|',
    row('scenarios', scenarioResults),
    row('commands', commands),
    row('scenarios and commands', [...scenarioResults, ...commands]),
    row('commands chosen because they differ', commandResults.filter(isChosen)),
    row('every case', all),
    '',
    CHOSEN,
  ].join('\n')
}

const CHOSEN = `The files iptables-differences and ipvsadm-differences hold lines chosen because fullnat answers them otherwise on purpose, with the
reason, beside lines that are equal. They pin differences and sample nothing, so they have a line of their own.
`

function section({ name, about }: Scenario, results: Result[]): string {
  const head = `### ${name}\n\n${about} ${equalIn(results)} of ${results.length} equal.\n`
  return [head, ...results.map((result) => `* ${verdict(result)}${result.name}`), ''].join('\n')
}

function verdict({ equal, reason }: Result): string {
  if (equal) return ''
  if (reason) return `**different** ([${reason}](differences.md#${anchor(reason)})): `
  return '**different, nobody knows why**: '
}

const anchor = (title: string): string =>
  title
    .toLowerCase()
    .replace(/[^a-z0-9 -]/g, '')
    .replaceAll(' ', '-')

function commandSection(group: string, results: Result[]): string {
  const different = results.filter(({ equal }) => !equal)
  return [
    `### ${group}\n`,
    `${equalIn(results)} of ${results.length} equal.\n`,
    ...different.map((result) => `* ${verdict(result)}\`${result.name.replaceAll('`', "'")}\``),
    ...(different.length ? [''] : []),
    'Equal:\n',
    ...results.filter(({ equal }) => equal).map(({ name }) => `    ${name}`),
    '',
  ].join('\n')
}
