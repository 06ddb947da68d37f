/** Scenarios, their cases, and what real LVS answered when it was last asked. */
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { checkout } from '../netns/lab.js'

export const folder = join(checkout, 'test/conformance')

export interface Scenario {
  name: string
  path: string
  /** Its first line. */
  about: string
  hash: string
}

/** What came of a case: name -> lines. A scenario names each of its cases once. */
export type Answers = ReadonlyMap<string, string>

export function scenarios(patterns: readonly string[] = []): Scenario[] {
  return readdirSync(join(folder, 'scenario'))
    .filter((file) => file.endsWith('.sh'))
    .map((file) => readScenario(file.slice(0, -3)))
    .filter(({ name }) => patterns.length === 0 || patterns.some((pattern) => name.startsWith(pattern)))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
}

function readScenario(name: string): Scenario {
  const path = join(folder, 'scenario', `${name}.sh`)
  const text = readFileSync(path, 'utf8')
  const about = text.slice(2, text.indexOf('\n'))
  return { name, path, about, hash: createHash('sha256').update(text).digest('hex').slice(0, 16) }
}

const SET_UP = 'laying it out'

/** Cases begin with `== NAME`. What is printed before the first is a case of its own: silence is part of a set-up. */
export function readAnswers(text: string): Answers {
  const [before, ...cases] = `\n${text}`.split('\n== ')
  const answers = new Map<string, string>()
  if (before.trim()) answers.set(SET_UP, before.trim())
  for (const one of cases) {
    const [name, ...lines] = one.split('\n')
    if (answers.has(name)) throw new Error(`two cases are called: ${name}`)
    answers.set(name, lines.join('\n').trimEnd())
  }
  return answers
}

const recordingOf = ({ name }: Scenario): string => join(folder, 'recorded', `${name}.real`)

/** Throws when there is none, or when the scenario has changed since. */
export function readRecording(scenario: Scenario): Answers {
  const path = recordingOf(scenario)
  if (!existsSync(path))
    throw new Error(`${scenario.name} is not recorded: npm run conformance -- --record ${scenario.name}`)
  const text = readFileSync(path, 'utf8')
  if (text.slice(0, text.indexOf('\n')) !== headOf(scenario)) {
    throw new Error(
      `${scenario.name} has changed since it was recorded: npm run conformance -- --record ${scenario.name}`,
    )
  }
  return readAnswers(text.slice(text.indexOf('\n') + 1))
}

export function writeRecording(scenario: Scenario, output: string): void {
  writeFileSync(recordingOf(scenario), `${headOf(scenario)}\n${output}`)
}

const headOf = ({ hash }: Scenario): string => `# real LVS's answers to the scenario with hash ${hash}`
