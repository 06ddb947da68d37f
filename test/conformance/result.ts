/** Cases compared: what fullnat answered beside what real LVS answered. */
import { differences } from './difference.js'
import { type Answers, readAnswers, type Scenario } from './scenario.js'
import { onFullnat, PATIENT_MS, QUIET_MS } from './system.js'

export interface Result {
  group: string
  name: string
  equal: boolean
  /** Title of the section in docs/differences.md; '' when it is equal, or when nobody knows why. */
  reason: string
  real: string
  fullnat: string
}

const reasons = new Map(Object.entries(differences).flatMap(([title, names]) => names.map((name) => [name, title])))

/** Plays a scenario on fullnat; once more and patiently when something differs for no known reason. */
export async function compare(scenario: Scenario, real: Answers): Promise<Result[]> {
  const results = resultsOf(scenario, real, readAnswers(await onFullnat(scenario, QUIET_MS)))
  if (results.every(isExpected)) return results
  return resultsOf(scenario, real, readAnswers(await onFullnat(scenario, PATIENT_MS)))
}

export const isExpected = ({ group, name, equal }: Result): boolean => equal !== reasons.has(`${group}: ${name}`)

function resultsOf({ name: group }: Scenario, real: Answers, fullnat: Answers): Result[] {
  const names = new Set([...real.keys(), ...fullnat.keys()])
  return [...names].map((name) => {
    const [theirs, ours] = [real.get(name) ?? ABSENT, fullnat.get(name) ?? ABSENT]
    const equal = theirs === ours
    return {
      group,
      name,
      equal,
      reason: equal ? '' : (reasons.get(`${group}: ${name}`) ?? ''),
      real: theirs,
      fullnat: ours,
    }
  })
}

const ABSENT = '(no such case)'

/** Works through a list, some at a time; results in the list's order. */
export async function inTurn<T, R>(list: readonly T[], atOnce: number, work: (one: T) => Promise<R>): Promise<R[]> {
  const results: R[] = []
  let next = 0
  const worker = async () => {
    while (next < list.length) {
      const i = next++
      results[i] = await work(list[i])
    }
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
  return results
}
