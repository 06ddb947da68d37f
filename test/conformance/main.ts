/**
 * npm run conformance [-- --record | --recorded] [PATTERN...]
 *
 * Plays command files and scenarios on fullnat and compares every case with real LVS: asked now where qemu and the
 * oracle are there, else as recorded (`--recorded`: in any case). `--record` asks real LVS and keeps its answers. With patterns only
 * scenarios whose name begins with one, and what differs is shown; without, docs/conformance.md is written.
 */

import { oracleIsHere } from '../compat/suite.js'
import { commandResults } from './command.js'
import { writeReport } from './report.js'
import { compare, inTurn, isExpected, type Result } from './result.js'
import { type Answers, readAnswers, readRecording, type Scenario, scenarios, writeRecording } from './scenario.js'
import { onReal, realObstacle } from './system.js'

const words = process.argv.slice(2)
const wants = (word: string): boolean => words.includes(word)
const patterns = words.filter((word) => !word.startsWith('--'))
const list = scenarios(patterns)
const say = (text: string): boolean => process.stdout.write(`${text}\n`)

async function record(): Promise<void> {
  const obstacle = realObstacle()
  if (obstacle) throw new Error(`real LVS cannot be asked here: ${obstacle}`)
  await onReal(list, (scenario, output) => {
    writeRecording(scenario, output)
    say(`recorded ${scenario.name}: ${readAnswers(output).size} cases`)
  })
}

async function realAnswers(): Promise<Map<Scenario, Answers>> {
  const answers = new Map<Scenario, Answers>()
  const obstacle = wants('--recorded') ? 'as asked' : realObstacle()
  if (obstacle) {
    say(`real LVS as recorded (${obstacle})`)
    for (const scenario of list) answers.set(scenario, readRecording(scenario))
    return answers
  }
  say('asking real LVS')
  await onReal(list, (scenario, output) => {
    answers.set(scenario, readAnswers(output))
    say(`asked     ${scenario.name}: ${answers.get(scenario)!.size} cases`)
  })
  return answers
}

function show(result: Result): void {
  const { group, name, equal, reason, real, fullnat } = result
  if (equal && !isExpected(result)) say(`EQUAL, though it is said to differ  ${group}: ${name}`)
  else if (equal) say(`equal      ${group}: ${name}`)
  else if (reason) say(`different  ${group}: ${name} (${reason})`)
  else say(`DIFFERENT  ${group}: ${name}\n--- real\n${real}\n--- fullnat\n${fullnat}\n`)
}

/** A page without the oracle's own command files would count fewer cases and not say so. */
function keepReport(results: Result[], commands: Result[]): void {
  if (oracleIsHere) writeReport(list, results, commands)
  else
    process.stderr.write(
      "docs/conformance.md stays as it is: the oracle's command files are not here, and their cases were not compared (CONFORMANCE_ORACLE names their folder)\n",
    )
}

async function main(): Promise<void> {
  if (wants('--record')) return record()
  const real = await realAnswers()
  const results = (await inTurn(list, 2, (scenario) => compare(scenario, real.get(scenario)!))).flat()
  const commands = patterns.length === 0 ? await commandResults() : []
  const all = [...results, ...commands]
  for (const result of all) show(result)
  say(`${all.filter(({ equal }) => equal).length} of ${all.length} cases are equal`)
  if (patterns.length === 0) keepReport(results, commands)
  if (![...results.map(isExpected), ...commands.map(({ equal, reason }) => equal || reason !== '')].every(Boolean)) {
    process.exitCode = 1
  }
}

await main()
